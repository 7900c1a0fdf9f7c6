printf '# c\nA=1\n\nB=two words\n  C=3\nD\n' > f; D=fromhost docker run --rm --env-file f busybox sh -c 'echo "$A|$B|$C|$D"'
