docker import -c 'ENTRYPOINT ["echo","ep"]' -c 'CMD ["x"]' "$BASE_TAR" ep:1 >/dev/null; docker run --rm ep:1; docker run --rm ep:1 y; docker run --rm --entrypoint "" ep:1 echo z
