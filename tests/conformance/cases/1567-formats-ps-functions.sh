docker create --name c1 --label a=b busybox sh -c 'echo "x y"' >/dev/null
docker ps -a --format '{{.Names | upper}} {{lower "ABC"}} {{title "abc def"}} {{len "héé"}} {{slice .Names 0 1}} {{print 1 2 "x"}} {{html "<a>"}} {{js "a<b"}} {{urlquery "a b"}} {{not true}} {{and 1 0}} {{or 0 "x"}} {{printf "%05d|%-5s|%q|%v" 3 "a" "b" true}}'
docker ps -a --format '{{range $i, $e := split "a,b,c" ","}}{{$i}}={{$e}} {{else}}none{{end}}{{define "T"}}[{{.}}]{{end}}{{template "T" .Names}}{{block "B" .Names}}<{{.}}>{{end}}'
docker ps -a --format 'table {{upper .Names}}\t{{.Label "a"}}\t{{if .Ports}}p{{else}}-{{end}}\t{{.Command}}'
for t in '{{.Names}}{{break}}' '{{template "nosuch"}}' '{{call .Names}}' '{{json nil}}' '{{index .Names 9}}' '{{.Label}}' '{{.Label 1}}' '{{lt true false}}' '{{eq .Names true}}'; do docker ps -a --format "$t"; echo "rc $?"; done
