docker -H unix:///x --context y ps
