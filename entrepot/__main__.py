from entrepot.server.cli import main

main()
