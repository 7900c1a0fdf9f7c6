docker run -d --name c1 busybox sleep 50 >/dev/null
docker run -d --name c2 --network container:c1 busybox sleep 50 >/dev/null
docker inspect c1 c2 -f '{{len .NetworkSettings.SandboxID}} {{if .NetworkSettings.SandboxKey}}key{{end}} {{len .NetworkSettings.Networks}}'
