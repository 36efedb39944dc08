"""Turns source into a slug image: one build container, one dependency layer, one app layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from localku.clock import Clock
from localku.engine.client import Engine
from localku.project import procfile
from localku.slugs import transcript
from localku.slugs.build_errors import BuildFailed, Undetected
from localku.slugs.build_limits import SLUG_BYTES
from localku.slugs.building.ahead import Ahead
from localku.slugs.building.build_container import BuildContainer
from localku.slugs.building.build_stream import Line
from localku.slugs.building.job import Job
from localku.slugs.building.parcel import Pack
from localku.slugs.inside.events import (
    App,
    Compared,
    Detected,
    Event,
    Failed,
    Incompatible,
    Packed,
    Received,
    Settled,
)
from localku.slugs.layer_parts import LayerParts
from localku.slugs.release_image import ReleaseImages
from localku.slugs.release_metadata import UnreadableMetadata, parse
from localku.slugs.values import Built, Slug
from localku.telling import Say


@dataclass(frozen=True)
class KnownLayer:
    image: str
    size: int


TAG = "build-"
"""What the tags of images begin with that builds make; a release adds one of its own."""


class Builder:
    """Builds one app. `layers` maps fingerprints to dependency layers that exist already, newest first.

    `beside` is done while buildpacks work, and over before the slug has an image. `received` is told the hash of what
    the volume says of a large app's source, also where the build fails after that.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        say: Say,
        layers: Mapping[str, KnownLayer],
        beside: Callable[[], None] = lambda: None,
        received: Callable[[str], None] = lambda _record: None,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._output: list[str] = []
        self._say_outside = say
        self._layers = layers
        self._beside = beside
        self._received = received
        self._own: Compared | None = None
        self._current = ""

    def build(self, job: Job, source: Pack, run_image: str, repository: str, expected: str | None = None) -> Built:
        """Run the chain and make `repository:build-ID`. Raise BuildFailed when the app does not build.

        `expected` is the image that this build's will be made on if no dependency has changed.
        """
        earlier = {layer: known.image for layer, known in self._layers.items()}
        releases = ReleaseImages(self._engine, job)
        with (
            Ahead(releases.container, releases.let_go, releases.remove, expected) as ahead,
            LayerParts(self._engine, job, run_image, earlier) as parts,
            BuildContainer(self._engine, job, self._clock, ahead.do) as container,
        ):
            ahead.begin()
            container.feed(source)
            beside = ahead.at_once(self._beside)
            slug = self._compile(container, job, parts)
            image = f"{repository}:{TAG}{job.build_id[:12]}"
            transcript.step(self._say, "Compressing...")
            beside.result()
            layer = self._layer(parts, slug, repository)
            size = layer.size + slug.app_compressed
            if size > SLUG_BYTES:
                transcript.too_large(self._say, size)
                raise self._failed("the slug is too large")
            releases.make(ahead, layer.image, image, slug)
            transcript.compressed(self._say, size)
        return Built(
            image=image,
            layer=slug.layer,
            layer_image=layer.image,
            layer_size=layer.size,
            size=size,
            process_types=slug.process_types,
            addons=slug.addons,
            buildpacks=slug.buildpacks,
            manifest=slug.own.manifest if slug.own else "",
        )

    def _layer(self, parts: LayerParts, slug: Slug, repository: str) -> KnownLayer:
        known = self._layers.get(slug.layer)
        if known is not None and self._engine.images.find(known.image) is not None:
            return known
        tag = f"{repository}:deps-{slug.layer[:12]}"
        return KnownLayer(tag, parts.make_layer(slug, tag))

    def _compile(self, container: BuildContainer, job: Job, parts: LayerParts) -> Slug:
        compiled: list[str] = []
        slug: Slug | None = None
        for item in container.run():
            if isinstance(item, Line):
                self._say(item.text)
            elif isinstance(item, App):
                self._current = item.name
                compiled.append(item.reference)
                transcript.step(self._say, f"{self._current} app detected")
            elif isinstance(item, Settled):
                parts.begin(item)
            elif isinstance(item, Packed):
                slug = self._slug(job, item, tuple(compiled))
            else:
                self._event(item)
        if container.timed_out:
            transcript.timed_out(self._say, self._current)
            raise self._failed(f"{self._current} did not finish within 15 minutes")
        if slug is None:
            transcript.broken_off(self._say)
            raise self._failed("the build container exited before the build finished")
        return slug

    def _event(self, item: Event) -> None:
        if isinstance(item, Detected):
            self._detected(item.references)
        elif isinstance(item, Incompatible):
            transcript.incompatible(self._say, item.reference, item.output)
            raise self._undetected(f"the app is not compatible with {item.reference}")
        elif isinstance(item, Received):
            self._received(item.record)
        elif isinstance(item, Compared):
            self._own = item
        elif isinstance(item, Failed):
            transcript.compile_failed(self._say, item.name)
            raise self._failed(f"failed to compile {item.name} app")

    def _detected(self, references: tuple[str, ...]) -> None:
        if not references:
            transcript.undetected(self._say)
            raise self._undetected("no default language could be detected")
        transcript.buildpacks(self._say, references)
        if len(references) > 1:
            for line in heroku_would_pick(references):
                transcript.detail(self._say, line)

    def _slug(self, job: Job, packed: Packed, references: tuple[str, ...]) -> Slug:
        try:
            metadata = parse(packed.release)
        except UnreadableMetadata as error:
            transcript.unreadable_release(self._say, str(error))
            raise self._failed("bin/release printed invalid output") from error
        declared = self._declared(packed.procfile)
        defaults = metadata.default_process_types or {}
        transcript.process_types(self._say, tuple(sorted(declared)), defaults)
        return Slug(
            build_id=job.build_id,
            layer=packed.layer,
            layer_paths=packed.layer_paths,
            app_compressed=packed.app_compressed,
            process_types={**defaults, **declared},
            declared=tuple(declared),
            addons=metadata.addons,
            buildpacks=references,
            own=self._own,
        )

    def _declared(self, text: str | None) -> Mapping[str, str]:
        if text is None:
            return {}
        parsed = procfile.parse(text)
        for warning in parsed.warnings:
            transcript.warning(self._say, warning)
        return parsed.types

    def _say(self, line: str) -> None:
        self._output.append(line)
        self._say_outside(line)

    def _undetected(self, reason: str) -> Undetected:
        return Undetected(reason, tuple(self._output))

    def _failed(self, reason: str) -> BuildFailed:
        if any("No space left on device" in line for line in self._output):
            transcript.disk_full(self._say)
        return BuildFailed(reason, tuple(self._output))


AT_HEROKU = {"localku/bower": "https://github.com/ejholmes/heroku-buildpack-bower"}
"""What does there what a buildpack of ours does that Heroku has none of."""


def heroku_would_pick(references: tuple[str, ...]) -> tuple[str, ...]:
    """Say what Heroku's own detection picks of several, and the commands that make it use them all."""
    commands = [f"heroku buildpacks:add {AT_HEROKU.get(name, name)}" for name in references]
    first = "heroku/python" if "heroku/python" in references else references[0]
    return (
        f"By default Heroku would use only {first}. To use the same buildpacks there:",
        *(f"  {command}" for command in commands),
    )
