import pytest

from localku.project import addresses


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://user:p%40ss@logs.example.com:6514/a/b?c=d&e#f",
        "http://under_score.localhost:5000/",
        "http://[::1]:5000/",
        "http://127.0.0.1/",
        "syslog+tls://logs.papertrailapp.com:12345",
        "https://github.com/heroku/heroku-buildpack-python#v351",
    ],
)
def test_urls(url: str) -> None:
    assert addresses.possible(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://",
        "https:///path",
        r"http://a\r\nb/",
        "http://a\r\nb/",
        "http://a/b\\c",
        "http://a b/",
        "http://a%0d%0ab/",
        "http://a..b/",
        f"http://{'a' * 64}/",
        "http://münchen.example/",
        "http://a:port/",
        "http://a:99999/",
        "http://a/\u2028",
        'http://a/"',
        "http://[::1",
    ],
)
def test_what_is_none(url: str) -> None:
    assert not addresses.possible(url)
