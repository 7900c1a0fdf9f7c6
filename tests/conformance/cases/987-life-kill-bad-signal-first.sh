docker kill -s NOPE missing; docker kill -s 99 missing; docker kill -s HUP missing; echo $?
