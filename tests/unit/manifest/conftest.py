from tests.support.machines import catalog, create_request, engine, fresh_driver, machines, progress  # noqa: F401
