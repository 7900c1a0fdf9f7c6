docker create --name ca -p 80/tcp/udp -p 81:81/UDP --expose 82/tcp/udp busybox:latest true >/dev/null
docker inspect -f '{{json .HostConfig.PortBindings}} {{json .Config.ExposedPorts}}' ca
docker create -p 80/foo/tcp busybox:latest true
docker create -p 127.0.0.1::80 -p 80/tcp/foo busybox:latest true >/dev/null
