"""From an app's source to its slug: the chain of buildpacks, the build container, the images."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from localku.context import Context
from localku.engine import labels
from localku.platform.deploying import deploy_source, examined, image_names
from localku.platform.deploying.last_builds import Known, LastBuilds
from localku.platform.deploying.packing import Packing
from localku.project.project_files import Project
from localku.project.sources.app_source import Source
from localku.project.sources.source_size import LARGE_APP
from localku.records import App, Layer, Release, ScheduledCommand, Slug
from localku.slugs import chain, host_settings, layers, stack, stacking, transcript, users
from localku.slugs.builder import Builder, KnownLayer
from localku.slugs.building import standby
from localku.slugs.building.job import Job
from localku.slugs.building.parcel import BaseImage, Offer
from localku.slugs.values import Built, Plan
from localku.telling import Progress, Say


@dataclass(frozen=True)
class Order:
    """What one build is made from.

    `build_id` are 32 hex digits; `offline`: no network at all; `again`: the next build will probably come soon. An app
    of `large` bytes or more is a large one.
    """

    build_id: str
    project: Project
    files: Source
    plan: Plan
    images: stack.Stack
    offline: bool
    again: bool = False
    large: int = LARGE_APP


@dataclass(frozen=True)
class Made:
    """`addons` are those that the last buildpack's bin/release asks for, `sent` is the source it was made of."""

    slug: Slug
    addons: tuple[str, ...]
    sent: Source


def make(
    context: Context, app: App, order: Order, say: Say, progress: Progress, beside: Callable[[], None] = lambda: None
) -> Made:
    """Build a slug and keep it, with its image. Raise BuildFailed. Call with the app's build lock held.

    `beside` is done while buildpacks work.
    """
    built, sent = _build(context, app, order, say, progress, beside)
    return Made(_keep(context, app, order, built, sent), built.addons, sent)


def make_ready(context: Context, app: App, progress: Progress, *, offline: bool) -> None:
    """Have a container wait for a build of the app's folder: there may be one soon.

    Not where the stack's images would have to be made first. Raise LocalkuError where it cannot be done.
    """
    name = stack.choose(context.engine, app.stack).name
    if name not in stack.ready(context.engine):
        return
    images = stack.ensure(context.engine, name, progress)
    with deploy_source.opened(deploy_source.of(app)) as tree:
        found = examined.examine(context, app, tree, (), progress)
        order = Order(uuid.uuid4().hex, tree.project, found.files, found.plan, images, offline)
        job = _job(context, app, order, LastBuilds(context.store.folder(app)).known())
        context.engine.volumes.ensure(job.volume, job.labels)
        standby.prepare(context.engine, job)


def image_of(release: Release, slug: Slug) -> str:
    """Name the image of a release that a deploy made."""
    name, _, _ = slug.image.rpartition(":")
    return f"{name}:v{release.version}"


def tag(context: Context, app: App, release: Release, slug: Slug) -> None:
    """Give the slug's image the name of its release, and that of the app's newest one."""
    name, _, version = image_of(release, slug).rpartition(":")
    context.engine.images.tag(slug.image, name, version)
    image_names.tag_newest(context, app, slug.image)


def _build(
    context: Context, app: App, order: Order, say: Say, progress: Progress, beside: Callable[[], None]
) -> tuple[Built, Source]:
    """Build; return also the source as it was sent, for files may have changed since they were collected."""
    known = {layer.fingerprint: KnownLayer(layer.image, layer.size) for layer in context.store.releases.layers(app)}
    last = context.store.releases.current_slug(app)
    expected = known[last.layer].image if last is not None and last.layer in known else None
    kept = LastBuilds(context.store.folder(app))
    job = _job(context, app, order, kept.known())
    for item in job.chain.buildpacks:
        if item.instead:
            transcript.instead(say, item.reference, item.instead)
    base = job.base
    if base and expected and last and base.layer == last.layer and stacking.stands(context.engine, base, expected):
        expected = base.image
    packing = Packing(order.files, job, int(context.clock.now().timestamp()), progress)
    received = partial(kept.received, job.build_id)
    builder = Builder(context.engine, context.clock, say, known, beside, received)
    built = builder.build(job, packing, order.images.run_image, image_names.repository(app), expected)
    if built.manifest:
        kept.built(BaseImage(built.image, job.build_id, built.layer, built.manifest))
    return built, packing.sent


def _offer(order: Order, known: Known) -> Offer | None:
    files = order.files.files
    large = sum(file.size for file in files) >= order.large
    return Offer(files, known.build, known.record) if large else None


def _job(context: Context, app: App, order: Order, known: Known) -> Job:
    certificates = host_settings.certificates()
    network = None if order.offline else context.network
    if network:
        context.engine.networks.ensure(network, {labels.HOME: context.home_id})
    return Job(
        build_id=order.build_id,
        image=order.images.build_image,
        furnished=image_names.furnished(app),
        stack=order.images.name,
        stands_for=stack.STANDS_FOR.get(order.images.name),
        volume=image_names.build_volume(context, app),
        chain=chain.resolve(order.plan, order.project.root, offline=order.offline),
        config=context.store.apps.config(app),
        who=users.identity(app.uid),
        layer_paths=layers.paths(order.project.components_folder, (file.path for file in order.files.files)),
        commit=order.files.commit,
        offline=order.offline,
        labels=context.labels(app),
        network=network,
        host=host_settings.variables(os.environ, bundle=certificates is not None, offline=order.offline),
        certificates=certificates,
        again=order.again,
        base=known.base,
        offer=_offer(order, known),
    )


def _keep(context: Context, app: App, order: Order, built: Built, sent: Source) -> Slug:
    now = context.clock.now()
    context.store.releases.add_layer(Layer(app.id, built.layer, built.layer_image, built.layer_size), now)
    as_sent = sent.fingerprint == order.files.fingerprint
    found = (order.project if as_sent else Project(order.project.root)).app_json
    return context.store.releases.add_slug(
        Slug(
            id=0,
            app_id=app.id,
            fingerprint=examined.fingerprint(sent, order.plan, app),
            image=built.image,
            layer=built.layer,
            process_types=built.process_types,
            buildpacks=built.buildpacks,
            stack=order.images.name,
            size=built.size,
            commit=sent.commit,
            created_at=now,
            cron=tuple(ScheduledCommand(entry.command, entry.schedule) for entry in found.cron) if found else (),
        )
    )
