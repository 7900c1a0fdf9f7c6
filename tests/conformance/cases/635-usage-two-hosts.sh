docker -H unix:///a -H unix:///b ps; echo $?
docker -c x -H unix:///x ps; echo $?
