"""No module imports another that leads back to it, not even inside a function."""

from graphlib import CycleError, TopologicalSorter

import grimp


def test_no_import_leads_back_to_where_it_came_from():
    graph = grimp.build_graph("impasto", cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        raise AssertionError(" is imported by ".join(error.args[1])) from None
