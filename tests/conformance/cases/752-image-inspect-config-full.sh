docker import -c 'ENV A=1' -c 'ENTRYPOINT ["a"]' -c 'EXPOSE 80 90/udp' -c 'VOLUME /a /b' -c 'WORKDIR /w' -c 'USER 5:6' -c 'LABEL z=1 a=2' -c 'HEALTHCHECK --interval=5s CMD true' "$BASE_TAR" full:1 >/dev/null
docker image inspect full:1 | sed -n '/"Config"/,$p'
