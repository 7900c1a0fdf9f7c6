docker -H unix:///x -H unix:///y ps
