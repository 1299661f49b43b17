"""How an index over vectors is built and searched: what trades time for finding everything."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Graph:
    """The numbers of an HNSW graph.

    Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using
    Hierarchical Navigable Small World graphs", PAMI 2020.

    Milvus Lite builds what it likes and heeds none of them but, if at all, the last.

    Attributes:
        links: Neighbours each vector is linked to (M), 2 to 128; memory grows with it.
        build_width: Candidates looked at while a vector is linked (efConstruction), 8 to 1,000.
        search_width: Candidates a search for a hundred hits keeps (ef), 10 to 2,000; one for fewer
            keeps as many, one for more in proportion. 200 kept recall@100 at .994 or more for every
            weighting of the spaces tried.
    """

    links: int = 16
    build_width: int = 200
    search_width: int = 200
