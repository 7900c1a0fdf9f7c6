docker create --name c1 -v /anon -v named:/n busybox true >/dev/null; docker rm -v c1; docker volume ls -q
