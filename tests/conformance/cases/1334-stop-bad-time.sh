docker stop -t x c1; docker stop -t -5 nosuch; docker stop --time 1 --signal NOSUCH nosuch
