docker run --rm --read-only busybox sh -c 'echo x > /f'; docker run --rm --read-only --tmpfs /t busybox sh -c 'echo x > /t/f && cat /t/f'
