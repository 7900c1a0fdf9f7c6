"""The language of Dockerfiles: lines, words, instructions, ignore files, and the graph that comes of them."""

from __future__ import annotations

import pytest

from dockercompat.build.dockerfile import instructions, lint
from dockercompat.build.dockerfile.lexer import lex, parse_heredoc
from dockercompat.build.dockerfile.mount import parse_mount
from dockercompat.build.dockerfile.reading import load
from dockercompat.build.dockerfile.shell import Lex
from dockercompat.build.planning import graph, plan
from dockercompat.build.planning.stages import BaseImage, Options
from dockercompat.build.solving.copy import changed_mode
from dockercompat.build.solving.ignore import Matcher, read_lines
from dockercompat.build.solving.tree import glob_regex
from dockercompat.cli.build_progress import excerpt
from dockercompat.errors import BuildFailed, DockerfileError
from dockercompat.spec.number import quoted

ENV = {"PWD": "/home", "SHELL": "bash", "NULL": "", "F": "a.b.c", "P": "/x/y/z", "G": "a*b*c", "Q": "?"}


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("FROM a\nRUN b", [("FROM a", (1, 1)), ("RUN b", (2, 2))]),
        ("\ufeffFROM a\r\nRUN b \\\r\n  c\r\n", [("FROM a", (1, 1)), ("RUN b   c", (2, 3))]),
        ("# x\n\nRUN a \\\n# in between\n\n  && b\n", [("RUN a   && b", (3, 6))]),
        ("RUN a \\  \nb", [("RUN a b", (1, 2))]),
        ("RUN a \\\\\nRUN b", [("RUN a \\\\", (1, 1)), ("RUN b", (2, 2))]),
        ("# escape=`\nRUN a `\nb\\\nRUN c", [("RUN a b\\", (2, 3)), ("RUN c", (4, 4))]),
        ("RUN echo # no comment\n", [("RUN echo # no comment", (1, 1))]),
        ("RUN <<A <<-B\n1\nA\n\t2\n\tB\nRUN x", [("RUN <<A <<-B", (1, 5)), ("RUN x", (6, 6))]),
        ("ENV A=<<B\nRUN x", [("ENV A=<<B", (1, 1)), ("RUN x", (2, 2))]),
        ("RUN a \\", [("RUN a", (1, 1))]),
    ],
)
def test_lines(text, lines):
    assert [(line.text, line.lines) for line in lex(text.encode()).lines] == lines


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("FROM x\nRUN <<E\n", "unterminated heredoc"),
        ("# escape=x\nFROM a", "invalid escape token 'x' does not match ` or \\"),
        ("# syntax=a\n# Syntax=b\nFROM a", "only one syntax parser directive can be used"),
        ("# only a comment\n", "file with no instructions"),
        (" \n", "file with no instructions"),
        ("", "the Dockerfile cannot be empty"),
    ],
)
def test_lines_refused(text, message):
    with pytest.raises(DockerfileError) as caught:
        lex(text.encode())
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("<<E", ("E", True, False)),
        ("<<-E", ("E", True, True)),
        ('<<"E"', ("E", False, False)),
        ("<<'a b'", None),
        ("<<", None),
        ("E", None),
    ],
)
def test_heredoc_words(word, found):
    heredoc = parse_heredoc(word)
    if word == "<<'a b'":
        assert heredoc is not None and heredoc.name == "a b"
    else:
        assert (heredoc and (heredoc.name, heredoc.expand, heredoc.chomp)) == found


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("he$PWD", "he/home"),
        ("he${PWD}x", "he/homex"),
        ("'he$PWD'", "he$PWD"),
        ('"he$PWD"', "he/home"),
        ("he\\$PWD", "he$PWD"),
        ('"he\\$PWD \\x \\\\"', "he$PWD \\x \\"),
        ("'he\\x'", "he\\x"),
        ("he\\x", "hex"),
        ("$", "$"),
        ("$,x", "$,x"),
        ("$1x", "x"),
        ("$@", ""),
        ("${NULL}x", "x"),
        ("${NONE-a}${NULL-b}${NULL:-c}", "ac"),
        ("${NONE:-${NONE2:-$SHELL}}", "bash"),
        ("${SHELL:+a}${NULL:+b}${NULL+c}${NONE+d}", "ac"),
        ("${SHELL:?no}${NULL?no}", "bash"),
        ("${F#*.}|${F##*.}|${F%.*}|${F%%.*}", "b.c|c|a.b|a"),
        ("${P#/?}|${G#a\\*}|${F%.$NONE}", "/y/z|b*c|a.b.c"),
        ("${P/\\//-}|${P//\\//-}|${G//\\*/.}|${F/b*/x}", "-x/y/z|-x-y-z|a.b.c|a.x"),
        ("${F//./\\/}", "a\\/b\\/c"),
        ("${NONE//a/b}", ""),
        ("'a'\"b\"c", "abc"),
    ],
)
def test_words(word, value):
    assert Lex().word(word, ENV) == value


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("'a", "unexpected end of statement while looking for matching single-quote"),
        ('"a', "unexpected end of statement while looking for matching double-quote"),
        ("${a", "unsupported modifier (\ufffd) in substitution"),
        ("${", "syntax error: missing '}'"),
        ("${}", "syntax error: bad substitution"),
        ("${:a}", "syntax error: bad substitution"),
        ("${a=b}", "unsupported modifier (=) in substitution"),
        ("${a/b}", "syntax error: missing '/' in ${}"),
        ("${NONE:?say $SHELL}", "NONE: say bash"),
        ("${NULL:?}", "NULL: is not allowed to be empty"),
        ("${NONE?}", "NONE: is not allowed to be unset"),
    ],
)
def test_words_refused(word, message):
    with pytest.raises(DockerfileError) as caught:
        Lex().word(word, ENV)
    assert str(caught.value) == f"failed to process {quoted(word)}: {message}"


def test_words_are_split_and_kept():
    assert Lex().words("a $TWO 'b c' \"\"", {"TWO": "x  y"}) == ["a", "x", "y", "b c", ""]
    assert Lex(raw_quotes=True, keep_unset=True).word("a \"$X\" ${Y:-z} '$Z'", {"Y": "1"}) == "a \"$X\" 1 '$Z'"
    assert Lex().document("'$PWD' \"\\$x\" ${SHELL}\n", ENV) == "'/home' \"$x\" bash\n"


def only(text):
    return load(f"FROM x\n{text}".encode()).stages[0].instructions[0]


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("ENV a=b c='d e' f=g\\ h", "pairs", (("a", "b"), ("c", "'d e'"), ("f", "g\\ h"))),
        ("ENV a b c", "pairs", (("a", "b c"),)),
        ('CMD ["a", "b\\u0041"]', "args", ("a", "bA")),
        ("CMD ['a']", "args", ("['a']",)),
        ("ENTRYPOINT []", "args", ()),
        ("VOLUME a b", "paths", ("a", "b")),
        ('VOLUME ["/a b"]', "paths", ("/a b",)),
        ('COPY ["a b", "c"]', "sources", ("a b",)),
        ("COPY --from=x --exclude=a --exclude=b a b c/", "excludes", ("a", "b")),
        ("COPY -- --odd /x", "sources", ("--odd",)),
        ("ADD --unpack=false --link a b", "unpack", False),
        ("ARG a b=c d='e f'", "args", (("a", None), ("b", "c"), ("d", "'e f'"))),
        ("expose 1 2/udp", "ports", ("1", "2/udp")),
        ('HEALTHCHECK --interval=1m30s CMD ["a"]', "interval_ns", 90 * 10**9),
        ("HEALTHCHECK NONE", "test", ("NONE",)),
        ("HEALTHCHECK CMD a  b", "test", ("CMD-SHELL", "a  b")),
        ("ONBUILD run a", "expression", "run a"),
        ("RUN --network=none a", "network", "none"),
    ],
)
def test_instructions(text, field, value):
    assert getattr(only(text), field) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("FORM a", "unknown instruction: FORM (did you mean FROM?)"),
        ("zzzzzzzz", "unknown instruction: zzzzzzzz"),
        ("ENV", "ENV requires at least one argument"),
        ("LABEL =x", "LABEL names can not be blank"),
        ("SHELL a b", "SHELL requires the arguments to be in JSON form"),
        ("ADD --from=x a b", "unknown flag: --from"),
        ("COPY --chown=1 --chown=2 a b", "duplicate flag specified: --chown"),
        ("COPY --link=maybe a b", "expecting boolean value for flag --link, not: maybe"),
        ("COPY a <<E\nE", "COPY cannot accept a heredoc as a destination"),
        ("FROM a b", "FROM requires either one or three arguments"),
        ("FROM a AS 1x", 'invalid name for build stage: "1x", name can\'t start with a number or contain symbols'),
        ("ONBUILD FROM x", "FROM isn't allowed as an ONBUILD trigger"),
        ("ONBUILD ONBUILD RUN x", "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"),
        ("HEALTHCHECK --interval=5 CMD a", 'time: missing unit in duration "5"'),
        ("HEALTHCHECK --interval=5us CMD a", 'Interval "interval" cannot be less than 1ms'),
        ("HEALTHCHECK --retries=-1 CMD a", "--retries cannot be negative (-1)"),
        ("HEALTHCHECK TRY a", 'Unknown type "TRY" in HEALTHCHECK (try CMD)'),
        ("USER", "USER requires exactly one argument"),
    ],
)
def test_instructions_refused(text, message):
    with pytest.raises(DockerfileError) as caught:
        load(f"FROM x\n{text}\n".encode())
    assert str(caught.value) == f"dockerfile parse error on line 2: {message}"
    assert caught.value.lines[0] == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ENV a", "ENV must have two arguments"),
        ("ENV a=b c", 'Syntax error - can\'t find = in "c". Must be of the form: name=value'),
        ('CMD ["a", 1]', "when using JSON array syntax, arrays must be comprised of strings only"),
        ("RUN <<E", "unterminated heredoc"),
    ],
)
def test_lines_that_are_no_instructions(text, message):
    with pytest.raises(DockerfileError) as caught:
        load(f"FROM x\n{text}".encode())
    assert str(caught.value) == message


def test_mounts():
    assert parse_mount("target=/a,src=b,rw") == instructions.Mount("bind", "/a", "b", read_only=False)
    cache = parse_mount('type=cache,dst=/c,id=x,sharing=locked,"mode=0700",uid=1')
    assert (cache.target, cache.id, cache.sharing, cache.mode, cache.uid, cache.read_only) == ("/c", "x", "locked", "0700", "1", False)
    assert parse_mount("type=secret,id=a,required").required


@pytest.mark.parametrize(
    ("patterns", "path", "ignored"),
    [
        (["**"], "file", True),
        (["**/"], "dir/file", True),
        (["**/**"], "dir/dir2/file", True),
        (["**/file"], "dir/file", True),
        (["**/file"], "dir/file.txt", False),
        (["**/*.txt"], "dir/dir/file.txt", True),
        (["a**/*.txt"], "a/dir/file.txt", True),
        (["a/*.txt"], "a/dir/file.txt", False),
        (["a[b-d]e"], "ace", True),
        (["a[b-d]e"], "aae", False),
        (["abc.def"], "abcdef", False),
        (["a\\*b"], "a*b", True),
        (["a\\b"], "ab", True),
        (["a?c"], "abc", True),
        (["a?c"], "a/c", False),
        (["dir"], "dir/deep/file", True),
        (["dir", "!dir/file"], "dir/file", False),
        (["dir", "!dir/file"], "dir/other", True),
        (["*.md", "!README*.md", "README-secret.md"], "README-secret.md", True),
        (["*.md", "!README*.md", "README-secret.md"], "README.md", False),
        (["*.go", "!util.go"], "util.go", False),
        (["./foo"], "foo", True),
        (["foo/"], "foo", True),
        (["a.*"], "a/b", False),
        (["a|b"], "b", False),
        (["(a)"], "a", False),
        (["日*"], "日本", True),
    ],
)
def test_ignored(patterns, path, ignored):
    assert Matcher(patterns).ignores(path) is ignored


def test_ignore_lines():
    data = b"\xef\xbb\xbf# no\n  #yes\r\n\n/top\n ! /back/ \na/../b\n!\n"
    assert read_lines(data) == ["#yes", "top", "!back", "b", "!"]
    with pytest.raises(BuildFailed, match='illegal exclusion pattern: "!"'):
        Matcher(["!"])


def test_globs_and_modes():
    assert glob_regex("a[^b]?*").match("acd")
    assert not glob_regex("*").match("a/b")
    assert glob_regex("[[]x").match("[x")
    assert [changed_mode(0o640, text, directory=False) for text in ("755", "u+x,o=r", "a-r", "=rwX", "g+s")] == [
        0o755,
        0o744,
        0o200,
        0o666,
        0o2640,
    ]
    assert changed_mode(0o600, "go+X", directory=True) == 0o611


def planned(text, **options):
    images = {
        "base": BaseImage(
            "docker.io/library/base:latest", "sha256:1", {"config": {"Env": ["PATH=/bin"], "OnBuild": ["COPY . /on"]}}, ("sha256:a",)
        ),
    }

    def resolve(name, platform):
        return images.get(name) or BaseImage(f"docker.io/library/{name}:latest", "sha256:2", {"config": {"User": "u"}}, (f"sha256:{name}",))

    return plan.make(load(text.encode()), Options(**options), resolve)


def test_the_graph_is_pruned_and_shared():
    made = planned(
        "ARG TAG=a\nFROM $TAG AS one\nARG X=1\nRUN a\nFROM two AS unused\nRUN b\nFROM one AS three\nRUN c $X\nFROM one\nRUN c $X\n"
        "COPY --from=three --chown=1 /x y/\nCOPY --from=img /z /\nWORKDIR w\nCOPY <<E .\nhi $X\nE\n"
    )
    assert made.graph.text() == (
        "1 image docker.io/library/a:latest\n"
        '2 run ["/bin/sh", "-c", "a"] cwd=/ user=u <- 1\n'
        '3 run ["/bin/sh", "-c", "c $X"] cwd=/ user=u <- 2\n'
        "4 copy 1:/x /y/ chown=1 <- 3 3\n"
        "5 image docker.io/library/img:latest\n"
        "6 copy 1:/z / <- 4 5\n"
        "7 mkdir /w user=u <- 6\n"
        "8 copy <<E /w/ <- 7\n"
    )
    assert [vertex.name for vertex in made.graph][:3] == [
        "[one 1/2] FROM docker.io/library/a:latest",
        "[one 2/2] RUN a",
        "[three 1/1] RUN c 1",
    ]


def test_triggers_come_first_and_once():
    made = planned("FROM base AS parent\nONBUILD RUN late\nFROM parent\nRUN own\n")
    assert made.graph.text() == (
        "1 image docker.io/library/base:latest\n2 context context\n3 copy 1:/ /on <- 1 2\n"
        '4 run ["/bin/sh", "-c", "late"] cwd=/ <- 3\n5 run ["/bin/sh", "-c", "own"] cwd=/ <- 4\n'
    )
    assert "OnBuild" not in made.image["config"]


def test_scopes_of_arguments():
    made = planned(
        "ARG G=global\nFROM scratch AS a\nARG G\nARG D=${G}-d\nENV E=$D\nRUN x\nFROM a\nARG N\nARG E=no\nRUN $G\n",
        build_args=(("N", "given"), ("HTTP_PROXY", "p"), ("Unused", "1")),
    )
    run = [vertex.op for vertex in made.graph][-1]
    assert dict(run.env) == {"PATH": plan.DEFAULT_PATH, "G": "global", "D": "global-d", "E": "no", "N": "given"}
    assert run.proxies == (("HTTP_PROXY", "p"), ("http_proxy", "p"))
    assert made.image["config"]["Env"] == [f"PATH={plan.DEFAULT_PATH}", "E=global-d"]
    assert made.image["history"][-1]["created_by"] == "RUN |4 G=global D=global-d N=given E=no /bin/sh -c $G # buildkit"


def test_proxies_count_for_nothing():
    plain, with_proxy = planned("FROM a\nRUN x"), planned("FROM a\nRUN x", build_args=(("https_proxy", "p"),))
    assert plain.result == with_proxy.result
    assert plain.result != planned("FROM a\nARG https_proxy\nRUN x", build_args=(("https_proxy", "p"),)).result


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("FROM a AS x\nCOPY --from=y / /\nFROM b AS y", 'cannot copy from stage "y", it needs to be defined before current stage "x"'),
        ("FROM a AS x\nCOPY --from=x / /", "circular dependency detected on stage: x"),
        ("FROM a\nCOPY --from=7 / /", "invalid stage index 7"),
        ("FROM $NONE", "base name ($NONE) should not be blank"),
        ("FROM a\nCOPY http://x/y /", "source can't be a URL for COPY"),
        ("FROM a\nEXPOSE x", "invalid containerPort: x"),
        ("FROM a\nRUN --mount=target=/ x", 'invalid mount target "/"'),
    ],
)
def test_plans_refused(text, message):
    options = {"target": "x"} if "AS y" in text else {}
    with pytest.raises((BuildFailed, DockerfileError)) as caught:
        planned(text, **options)
    assert str(caught.value) == message
    assert caught.value.lines[0] > 0 or message.startswith(("invalid stage index", "variable expansion"))


def test_digests_count_what_matters():
    one = graph.Graph()
    first = one.add(graph.MakeDirOp("/a"), ("x",), name="one", lines=(1, 1))
    assert one.add(graph.MakeDirOp("/a"), ("x",), name="another name") == first
    assert one.add(graph.MakeDirOp("/a", "u"), ("x",), name="one") != first


def test_excerpts():
    source = tuple("abcdefgh")
    assert excerpt("D", source, (5, 5)).splitlines()[2:-1] == [
        "   3 |     c",
        "   4 |     d",
        "   5 | >>> e",
        "   6 |     f",
        "   7 |     g",
    ]
    assert excerpt("D", source, (1, 1)).splitlines()[2:-1] == ["   1 | >>> a", "   2 |     b", "   3 |     c"]
    assert excerpt("D", source, (0, 0)) == ""


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ('FROM a\nCMD ["x"]\n', []),
        ("FROM a as B\nRUN x\n", ["StageNameCasing", "FromAsCasing"]),
        ("FROM a\nrun x\nCOPY . /\n", ["ConsistentInstructionCasing"]),
        ("FROM a AS context\nFROM a AS context\n", ["ReservedStageName", "ReservedStageName", "DuplicateStageName"]),
        ("FROM a\nRUN x \\\n\n y\n", ["NoEmptyContinuation"]),
        ("FROM a\nCMD x\nCMD y\n", ["JSONArgsRecommended", "MultipleInstructionsDisallowed", "JSONArgsRecommended"]),
        ('FROM a\nSHELL ["x"]\nCMD y\n', []),
        ("FROM a\nMAINTAINER x\nENV a b\nWORKDIR c\n", ["MaintainerDeprecated", "LegacyKeyValueFormat", "WorkdirRelativePath"]),
        ("FROM a\nARG API_KEY\nENV MY_PUBLIC_KEY=1 TOKEN=2\n", ["SecretsUsedInArgOrEnv", "SecretsUsedInArgOrEnv"]),
        ("FROM a\nARG X\nCOPY $X $Y /\nRUN $Z\n", ["UndefinedVar"]),
        ("FROM a$B\nEXPOSE 1/UDP\n", ["UndefinedArgInFrom", "ExposeProtoCasing"]),
        (
            "FROM --platform=linux/amd64 a\nFROM --platform=$TARGETPLATFORM a\n",
            ["FromPlatformFlagConstDisallowed", "RedundantTargetPlatform"],
        ),
        ("# check=skip=JSONArgsRecommended\nFROM a\nCMD x\n", []),
        ("FROM a AS x\nCMD y\nFROM a\n", []),
    ],
)
def test_checks(text, rules):
    assert [finding.rule for finding in planned(text).findings] == rules


def test_addresses_of_rules():
    urls = {
        rule: lint.Finding(rule, "", (1, 1)).url.rsplit("/", 2)[1]
        for rule in ("JSONArgsRecommended", "UndefinedArgInFrom", "CopyIgnoredFile")
    }
    assert list(urls.values()) == ["json-args-recommended", "undefined-arg-in-from", "copy-ignored-file"]
