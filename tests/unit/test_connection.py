"""What a connection says when it can't send a request."""

from __future__ import annotations

import pytest

from dockercompat.distribution.connection import Connection
from dockercompat.distribution.credentials import Credentials
from dockercompat.errors import Unavailable


def test_a_token_that_no_header_can_hold_is_not_shown() -> None:
    connection = Connection("registry.invalid", Credentials(registry_token="se\ncret"))
    with pytest.raises(Unavailable) as caught:
        connection.send_once("https://registry.invalid/v2/", {"Authorization": "Bearer se\ncret"})
    assert str(caught.value) == 'Get "https://registry.invalid/v2/": net/http: invalid header field value'
