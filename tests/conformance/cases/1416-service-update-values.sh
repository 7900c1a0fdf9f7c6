docker service update ''
docker service update --env-add =b x
docker service update --publish-rm x y
docker service update --mount-add x y
docker service update --host-add x y
docker service update --force x
