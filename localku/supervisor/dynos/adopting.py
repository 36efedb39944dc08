"""Takes over the containers that a killed supervisor left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localku.dyno.dyno_order import ONE_OFF_TYPES
from localku.engine import labels
from localku.platform.dynos import oneoff_runners
from localku.platform.releasing import release
from localku.supervisor.dynos.dyno import Dyno, fresh_record
from localku.supervisor.dynos.dyno_process import Process, SupervisorContext

if TYPE_CHECKING:
    from localku.engine.containers import Container
    from localku.supervisor.dynos.retiring import Retiring


def adopt(shared: SupervisorContext, dynos: dict[str, Dyno], retiring: Retiring) -> None:
    """Put what runs, and what is only recorded, into `dynos`, and what is nobody's dyno any more into `retiring`.

    May be called again after the engine went away in the midst of it.
    """
    context, app = shared.context, shared.app
    release.settle(context, app)
    records = {record.name: record for record in context.store.dynos.of(app.id)}
    found = context.containers(app, labels.ROLE_DYNO)
    servers = context.containers(app, labels.ROLE_POSTGRES)
    shared.log.forget_all_but(frozenset(container.id for container in (*found, *servers)))
    for container in found:
        name = container.labels.get(labels.DYNO, "")
        record = records.get(name)
        if container.labels.get(labels.TYPE) in ONE_OFF_TYPES:
            oneoff_runners.adopt_or_remove(context, container)
        elif container.id in retiring.containers or (name in dynos and dynos[name].record.container == container.id):
            continue  # this is the second attempt
        elif _never_ran(container):
            context.engine.containers.remove(container.id)
        elif record is None or record.container != container.id:
            process = Process(shared, name, container.id, resume=True)
            retiring.adopt(record or fresh_record(app, name, shared.clock.now()), process, runs=container.running)
        else:
            dynos[name] = Dyno(shared, record, Process(shared, name, container.id, resume=True))
            if container.slowed:  # by chaos, which has forgotten it
                context.engine.containers.set_cpu(container.id, None)
    for name, record in records.items():
        dynos.setdefault(name, Dyno(shared, record))


def _never_ran(container: Container) -> bool:
    return container.status == "created"
