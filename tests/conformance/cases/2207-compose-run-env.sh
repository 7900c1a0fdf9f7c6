cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, environment: {A: file, B: file}}
E
printf 'B=fromfile\nC=fromfile\n' >vars; A=outside docker compose run --rm -e A -e D=1 --env-from-file vars a sh -c 'echo $A $B $C $D'; docker compose run --rm --env-from-file nothing a true
