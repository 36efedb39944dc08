"""Somebody else's reading of npm's ranges: node-semver, a port of npm's own code."""

import nodesemver
from hypothesis import given, settings
from hypothesis import strategies as st
from nodekit.semver import Range, Version

numbers = st.integers(0, 4)
versions = st.builds("{}.{}.{}".format, numbers, numbers, numbers)
partials = st.one_of(
    versions,
    st.builds("{}".format, numbers),
    st.builds("{}.{}".format, numbers, numbers),
    st.builds("{}.x".format, numbers),
)
simple = st.builds("{}{}".format, st.sampled_from(["", "^", "~", ">=", "<=", ">", "<"]), partials)
both = st.builds("{} {}".format, simple, simple)
hyphens = st.builds("{} - {}".format, versions, versions)
ranges = st.one_of(simple, both, hyphens, st.builds("{} || {}".format, simple, hyphens))


@settings(max_examples=400, deadline=None)
@given(ranges, versions)
def test_ranges_mean_what_npm_s_mean(text: str, version: str) -> None:
    parsed = Version.parse(version)
    assert parsed is not None
    assert Range.parse(text).admits(parsed) == nodesemver.satisfies(version, text, loose=False)
