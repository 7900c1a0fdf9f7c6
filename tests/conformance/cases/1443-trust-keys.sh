docker trust key generate 'A B'
docker trust key generate x --dir nope
docker trust key load nope
docker trust signer add x y
docker trust signer add --key nope x y
docker trust signer add --key nope releases y
