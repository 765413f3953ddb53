"""Reading files into staged rows. Pure: no database, no clock; only `reading` starts a process (for workbooks)."""
