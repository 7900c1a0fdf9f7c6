docker plugin set x a=b
docker plugin push x
docker plugin push 'A B'
docker plugin upgrade x
docker plugin install 'A B'
