docker run --name c1 --log-opt labels=a,b --log-opt env=E --label 'a=x y' --label 'b=1,2' -e E=q/r busybox echo hi; docker logs --details c1; docker logs -t --details c1 | cut -d' ' -f2-
