docker --help --version | head -n 1
docker -v --help | head -n 1
docker --help nosuch x | head -n 1
docker --version nosuch | cut -d ' ' -f 1-3
docker --help nosuch --help=false; echo $?
docker volume update --help
