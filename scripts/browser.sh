#!/bin/sh
# The browser tests drive Debian's chromium. Install it where that is possible; else the tests say why they are skipped.
set -u
command -v chromium >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing chromium and a CJK font for the browser tests"
  apt-get update -qq >/dev/null 2>&1
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk >/dev/null 2>&1 && exit 0
fi
echo "chromium is not installed (apt-get install chromium fonts-noto-cjk): the browser tests will be skipped"
