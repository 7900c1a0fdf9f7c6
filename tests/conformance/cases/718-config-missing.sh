docker --config $PWD/nowhere volume ls -q; ls
