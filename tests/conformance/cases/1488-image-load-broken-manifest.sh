try() { echo "$1" > manifest.json; tar cf - manifest.json c.json | docker load; echo "rc $?"; }
echo '{}' > c.json
try '[]'
try '{'
try '[{"Config":"c.json","RepoTags":["q:1"],"Layers":[]}]'
echo '{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[]}}' > c.json
try '[{"Config":"c.json","RepoTags":["UPPER:1"],"Layers":[]}]'
try '[{"Config":"c.json","RepoTags":["q:1"],"Layers":["a"]}]'
