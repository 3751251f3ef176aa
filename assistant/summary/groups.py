"""Which summaries are merged together: groups that fit a size and that an edit moves only near itself.

A group ends where its last text has the smallest hash of all places where it might end, so the same texts are grouped
alike wherever they stand; behind an edit the groups soon fall into step again.
"""

import hashlib
from collections.abc import Sequence


def grouped(texts: Sequence[str], tokens: Sequence[int], most: int) -> list[range]:
    """Indices of the texts, group by group: at most so many tokens each and at least half of that, at least two texts.

    The last group may be smaller, and the last of an odd number of large texts stands alone.
    """
    ranks = [hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).digest() for text in texts]
    groups, start = [], 0
    while start < len(texts):
        end, ends, total = start, list[int](), 0
        while end < len(texts) and (end - start < 2 or total + tokens[end] <= most):
            total += tokens[end]
            end += 1
            if end - start >= 2 and total * 2 >= most:
                ends.append(end)
        if end < len(texts) and ends:
            end = min(ends, key=lambda place: ranks[place - 1])
        groups.append(range(start, end))
        start = end
    return groups
