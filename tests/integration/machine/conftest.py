from tests.support.machines import catalog, engine, fresh_driver, machines, progress, wish  # noqa: F401
