"""All endpoints of the Platform API and of the data API that are served."""

from __future__ import annotations

from localku.api import absent_families
from localku.api.call import Endpoint
from localku.api.data import database_resources, report_resources, schedule_resources, transfer_resources
from localku.api.links import log_streams
from localku.api.resources import (
    account_resources,
    addon_resources,
    app_resources,
    attachment_resources,
    build_resources,
    buildpack_resources,
    config_var_resources,
    domain_resources,
    drain_resources,
    dyno_resources,
    feature_resources,
    formation_resources,
    release_resources,
    slug_resources,
    stack_resources,
)

SERVED: tuple[Endpoint, ...] = (
    *log_streams.ENDPOINTS,
    *account_resources.ENDPOINTS,
    *addon_resources.ENDPOINTS,
    *app_resources.ENDPOINTS,
    *attachment_resources.ENDPOINTS,
    *build_resources.ENDPOINTS,
    *buildpack_resources.ENDPOINTS,
    *config_var_resources.ENDPOINTS,
    *domain_resources.ENDPOINTS,
    *drain_resources.ENDPOINTS,
    *dyno_resources.ENDPOINTS,
    *feature_resources.ENDPOINTS,
    *formation_resources.ENDPOINTS,
    *release_resources.ENDPOINTS,
    *slug_resources.ENDPOINTS,
    *stack_resources.ENDPOINTS,
    *database_resources.ENDPOINTS,
    *report_resources.ENDPOINTS,
    *schedule_resources.ENDPOINTS,
    *transfer_resources.ENDPOINTS,
)

_TAKEN = {(one.method, one.path) for one in SERVED}

ENDPOINTS: tuple[Endpoint, ...] = (
    *SERVED,
    *(
        one
        for one in absent_families.endpoints((*absent_families.PLATFORM, *absent_families.DATA))
        if (one.method, one.path) not in _TAKEN
    ),
)
"""Those, then what is empty or refused, the most general paths last."""
