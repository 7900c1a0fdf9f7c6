"""One registry as it is reached: scheme and certificates, tokens, retries, redirects.

requests is imported when the first request is made. A connection may be used by several threads: each has a session of its own.
"""

from __future__ import annotations

import threading
import time

from dockercompat import json
from dockercompat.distribution import auth as auths
from dockercompat.distribution import certificates
from dockercompat.distribution.credentials import Credentials
from dockercompat.distribution.failures import RegistryError, body, explain, reason, refusal
from dockercompat.distribution.policy import RegistryPolicy, is_loopback
from dockercompat.errors import DockerError, InvalidParameter, NoAnswer, Unauthorized, Unavailable
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    import requests

USER_AGENT = "docker/28.2.2 pydocker (linux)"
_CONNECT_TIMEOUT_S = 15
_PROBE_TIMEOUT_S = 15  # docker's for the first question to a registry
_READ_TIMEOUT_S = 60
_TRIES = 3
_BACK_OFF_S = 0.25
_BACK_OFF_MAX_S = 10.0
_REDIRECTS = 8


class NoCredentials(RegistryError):
    """The registry wants a name and a password, and there are none. without_url is how a push says it."""

    without_url = "no basic auth credentials"

    def __init__(self, method: str, url: str) -> None:
        super().__init__(401, "", f'{method.title()} "{url}": {self.without_url}')
        self.http_status = 500


class Unreachable(Unavailable):
    """Nobody answered at any of a registry's addresses. first: how the first of them, the one with TLS, failed."""

    def __init__(self, message: str, first: str) -> None:
        super().__init__(message)
        self.first = first


class _Endpoint(Record):
    base: str  # scheme://host
    host: str
    verify: bool | str
    certificate: tuple[str, str] | None


def host_name(domain: str) -> str:
    """The host that serves a reference's domain."""
    return "registry-1.docker.io" if domain in ("docker.io", "index.docker.io") else domain


class Connection:
    """One registry as one user reaches it."""

    def __init__(
        self, domain: str, credentials: Credentials | None = None, *, policy: RegistryPolicy | None = None, scheme: str = ""
    ) -> None:
        """scheme  "http" or "https" where only that one is to be tried (a mirror's URL says it)"""
        self.domain = domain
        self._scheme = scheme
        self.credentials = credentials or Credentials()
        self.policy = policy or RegistryPolicy()
        self._local = threading.local()
        self._lock = threading.Lock()
        self._endpoint: _Endpoint | None = None
        self._challenges: list[auths.Challenge] = []
        self._tokens: dict[tuple[str, ...], tuple[str, float]] = {}
        self._asks_for_password = False
        self.refresh_token = ""  # a realm's answer to a login

    def login(self) -> None:
        """Prove the credentials. Raises Unauthorized. refresh_token is set when the realm gave one."""
        with self._lock:
            self._endpoint, self._challenges = self._probe(tries=1)
        endpoint = self._endpoint
        url = f"{endpoint.base}/v2/"
        headers: dict[str, str] = {}
        challenge = self._challenge()
        if challenge is not None and challenge.scheme == "bearer":
            token = self._fetch_token(challenge, (), offline=True)
            headers["Authorization"] = f"Bearer {token}"
        elif challenge is not None:
            headers["Authorization"] = auths.basic(self.credentials.username, self.credentials.password)
        response = self._send("GET", url, headers)
        if response.status_code == 401 or response.status_code == 403:
            error = refusal(response)
            if challenge is not None and challenge.scheme == "bearer" and error.code:
                raise Unauthorized(f'Get "{url}": {error}')
            raise Unauthorized(f"login attempt to {url} failed with status: {response.status_code} {reason(response)}")
        if response.status_code != 200:
            raise Unavailable(f"login attempt to {url} failed with status: {response.status_code} {reason(response)}")

    def connect(self) -> None:
        """Find out whether the registry is there. Raises Unavailable."""
        self._connect()

    def send_once(self, url: str, headers: Mapping[str, str]) -> requests.Response:
        """One answer to one GET, whatever its status, from a server that need not speak the distribution protocol.

        Raises  Unavailable
        """
        verify: bool | str = False if self.policy.is_insecure(host_name(self.domain)) else certificates.trusted()
        bundle, certificate = certificates.of_host(self.policy, host_name(self.domain))
        base = "/".join(url.split("/", 3)[:3])
        self._endpoint = _Endpoint(base, host_name(self.domain), bundle or verify, certificate)
        try:
            return self._send("GET", url, headers, timeout_s=_PROBE_TIMEOUT_S)
        finally:
            self._endpoint = None

    def request(
        self,
        method: str,
        url: str,
        scopes: Sequence[str],
        *,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
        ok: Sequence[int] = (200,),
        stream: bool = False,
        tries: int = _TRIES,
        shown: str = "",
    ) -> requests.Response:
        """One answer with a status of `ok`; whatever may pass is tried again with growing pauses.

        url     absolute, or a path of this registry
        shown   the method that a complaint names, where docker asks with another one
        Raises  RegistryError for a refusal, Unauthorized, Unavailable
        """
        endpoint = self._connect()
        full = url if "://" in url else endpoint.base + url
        fresh_token = False
        for number in range(tries):
            sent = dict(headers or {})
            authorization = self._authorization(scopes, fresh=fresh_token)
            if authorization and full.startswith(endpoint.base + "/"):  # an upload may have been sent to another host
                sent["Authorization"] = authorization
            try:
                response = self._follow(method, full, sent, data, stream, shown)
            except NoAnswer:
                raise  # a minute of silence is enough
            except Unavailable:
                if number + 1 >= tries:
                    raise
                time.sleep(_pause(number))
                continue
            status = response.status_code
            if status in ok:
                return response
            if status == 401 and not fresh_token and self._learn(response):
                fresh_token = True
                response.close()
                continue
            if (status == 429 or status >= 500) and status != 501 and number + 1 < tries:
                pause_s = _retry_after(response.headers.get("Retry-After", ""), number)
                response.close()
                time.sleep(pause_s)
                continue
            raise self._refusal(shown or method, full, response)
        raise Unavailable(f'{method.title()} "{full}": no answer after {tries} tries')

    def _refusal(self, method: str, url: str, response: requests.Response) -> DockerError:
        if response.status_code == 401 and self._asks_for_password and self.credentials.empty:
            return NoCredentials(method, url)
        return refusal(response)

    def _follow(
        self, method: str, url: str, headers: dict[str, str], data: bytes | None, stream: bool, shown: str = ""
    ) -> requests.Response:
        """Send, and follow redirects; another host never sees the Authorization."""
        from urllib.parse import urljoin, urlsplit

        for _ in range(_REDIRECTS):
            response = self._send(method, url, headers, data, stream, shown=shown)
            if response.status_code not in (301, 302, 303, 307, 308) or "Location" not in response.headers:
                return response
            target = urljoin(url, response.headers["Location"])
            if urlsplit(target)[:2] != urlsplit(url)[:2]:
                headers = {name: value for name, value in headers.items() if name != "Authorization"}
            response.close()
            url = target
        raise Unavailable(f'{method.title()} "{url}": stopped after {_REDIRECTS} redirects')

    def _send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        data: bytes | None = None,
        stream: bool = False,
        timeout_s: float = _READ_TIMEOUT_S,
        shown: str = "",
    ) -> requests.Response:
        import requests

        endpoint = self._endpoint
        verify: bool | str = certificates.trusted()
        certificate = None
        if endpoint is not None and url.startswith(endpoint.base + "/"):
            verify, certificate = endpoint.verify, endpoint.certificate
        try:
            return self._session().request(
                method,
                url,
                headers=dict(headers),
                data=data,
                stream=True if stream else None,
                allow_redirects=False,
                timeout=(_CONNECT_TIMEOUT_S, timeout_s),
                verify=verify,
                cert=certificate,
            )
        except requests.exceptions.InvalidURL as error:
            raise InvalidParameter(f'{method.title()} "{url}": {error}') from None
        except requests.exceptions.InvalidHeader:  # whose words have the header's value, a password or a token
            raise Unavailable(f'{(shown or method).title()} "{url}": net/http: invalid header field value') from None
        except requests.exceptions.RequestException as error:
            why = explain(error, url)
            kind = NoAnswer if isinstance(error, requests.exceptions.Timeout) else Unavailable
            raise kind(why if why == "unexpected EOF" else f'{(shown or method).title()} "{url}": {why}') from None

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            import requests

            session = requests.Session()
            session.headers.clear()
            session.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "identity"})
            session.auth = _leave_alone  # else requests looks into ~/.netrc
            if is_loopback(self.domain):
                session.trust_env = False  # as Go: no proxy for this machine
            self._local.session = session
        return session

    def _connect(self) -> _Endpoint:
        """Find out once how the registry is spoken to and what it asks for."""
        with self._lock:
            if self._endpoint is None:
                self._endpoint, self._challenges = self._probe()
            return self._endpoint

    def _probe(self, tries: int = _TRIES) -> tuple[_Endpoint, list[auths.Challenge]]:
        host = host_name(self.domain)
        may_be_plain = self._scheme == "http" or self.policy.is_insecure(host)
        verify: bool | str = False if may_be_plain else certificates.trusted()
        if may_be_plain:
            import urllib3

            urllib3.disable_warnings()
        bundle, certificate = certificates.of_host(self.policy, host)
        endpoints = [_Endpoint(f"https://{host}", host, bundle or verify, certificate)]
        if may_be_plain:
            endpoints.append(_Endpoint(f"http://{host}", host, False, None))
        endpoints = [each for each in endpoints if not self._scheme or each.base.startswith(self._scheme + ":")]
        failures: list[DockerError] = []
        for endpoint in endpoints:
            for number in range(tries):
                try:
                    self._endpoint = endpoint  # so that _send knows how to verify
                    response = self._send("GET", f"{endpoint.base}/v2/", {}, timeout_s=_PROBE_TIMEOUT_S)
                except Unavailable as error:
                    failures.append(error)
                    break
                finally:
                    self._endpoint = None
                if response.status_code in (429, 500, 502, 503, 504) and number + 1 < tries:
                    time.sleep(_retry_after(response.headers.get("Retry-After", ""), number))
                    continue
                challenges = auths.parse_challenges(response.headers.get("WWW-Authenticate", ""))
                self._asks_for_password = any(each.scheme == "basic" for each in challenges)
                return endpoint, challenges
        silent = isinstance(failures[-1], NoAnswer)
        raise failures[-1] if silent else Unreachable(str(failures[-1]), str(failures[0]))

    def _challenge(self) -> auths.Challenge | None:
        for scheme in ("bearer", "basic"):
            for challenge in self._challenges:
                if challenge.scheme == scheme:
                    return challenge
        return None

    def _learn(self, response: requests.Response) -> bool:
        """Take the challenge of a 401; whether another try may fare better."""
        challenges = auths.parse_challenges(response.headers.get("WWW-Authenticate", ""))
        if challenges:
            known = {c.scheme for c in self._challenges}
            self._challenges = challenges
            challenge = self._challenge()
            if challenge is not None and challenge.scheme == "bearer":
                return True
            return not self.credentials.empty and "basic" not in known
        return False

    def _authorization(self, scopes: Sequence[str], *, fresh: bool) -> str:
        if self.credentials.registry_token:
            return f"Bearer {self.credentials.registry_token}"
        challenge = self._challenge()
        if challenge is None:
            return ""
        if challenge.scheme == "basic":
            return auths.basic(self.credentials.username, self.credentials.password) if self.credentials.username else ""
        key = tuple(scopes)
        with self._lock:
            token, expiry = self._tokens.get(key, ("", 0.0))
            if not token or fresh or time.monotonic() > expiry:
                token = self._fetch_token(challenge, scopes)
                self._tokens[key] = (token, time.monotonic() + 50)
        return f"Bearer {token}" if token else ""

    def _fetch_token(self, challenge: auths.Challenge, scopes: Sequence[str], *, offline: bool = False) -> str:
        from urllib.parse import urlencode

        realm = challenge.get("realm")
        if "://" not in realm:
            raise Unauthorized("no realm was specified for the token of the registry")
        wanted = list(scopes)
        if not wanted and challenge.get("scope"):
            wanted = [challenge.get("scope")]
        known = self.credentials
        headers: dict[str, str] = {}
        for number in range(_TRIES):
            if known.identity_token:
                form = urlencode(auths.refresh_form(challenge, wanted, known.identity_token)).encode()
                response = self._send("POST", realm, {"Content-Type": "application/x-www-form-urlencoded"}, form)
            else:
                if known.username:
                    headers["Authorization"] = auths.basic(known.username, known.password)
                query = auths.token_query(challenge, wanted, known.username, offline=offline)
                joint = "&" if "?" in realm else "?"
                response = self._send("GET", f"{realm}{joint}{urlencode(query)}" if query else realm, headers)
            if (response.status_code == 429 or response.status_code >= 500) and number + 1 < _TRIES:
                time.sleep(_retry_after(response.headers.get("Retry-After", ""), number))
                continue
            break
        if response.status_code in (401, 403):
            error = refusal(response)
            if offline:
                raise Unauthorized(f'Get "{self._base()}/v2/": {error}')
            raise error
        if response.status_code != 200:
            raise Unavailable(f"failed to fetch the token of the registry: {response.status_code} {reason(response)}")
        try:
            answer = json.loads(body(response))
        except ValueError:
            answer = {}
        token, refresh = auths.token_of(answer if isinstance(answer, dict) else {})
        if not token:
            raise Unauthorized("authorization server did not include a token in the response")
        self.refresh_token = refresh or self.refresh_token
        return token

    def _base(self) -> str:
        return self._endpoint.base if self._endpoint else f"https://{host_name(self.domain)}"

    def location(self, response: requests.Response) -> str:
        """Where an answer says to go on. Raises Unavailable when it says nothing."""
        from urllib.parse import urljoin

        location = response.headers.get("Location", "")
        if not location:
            raise Unavailable(f"the registry {self.domain} named no place to upload to")
        return urljoin(str(response.url), location)


def _leave_alone(request: Any) -> Any:
    return request


def _pause(number: int) -> float:
    return float(min(_BACK_OFF_S * 2**number, _BACK_OFF_MAX_S))


def _retry_after(text: str, number: int) -> float:
    return min(float(text), _BACK_OFF_MAX_S) if text.isdigit() else _pause(number)
