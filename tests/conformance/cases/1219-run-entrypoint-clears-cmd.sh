docker import -c 'CMD ["echo","cmd"]' "$BASE_TAR" ep:1 >/dev/null; docker run --rm --entrypoint env ep:1 | grep -c PATH
