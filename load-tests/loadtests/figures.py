"""Percentiles, trends and verdicts. Pure functions."""
import math


def percentile(values, part):
    """The value below which `part` (0 to 1) of the values lie, by linear interpolation; None when there are none."""
    if not values:
        return None
    ordered = sorted(values)
    at = part * (len(ordered) - 1)
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def median(values):
    return percentile(values, 0.5)


def summary(values, parts=(50, 95, 99)):
    """Count, mean, percentiles and largest of `values`, rounded; None when there are none."""
    if not values:
        return None
    out = {"count": len(values), "mean": round(sum(values) / len(values), 2)}
    for part in parts:
        out["p%d" % part] = round(percentile(values, part / 100), 2)
    out["max"] = round(max(values), 2)
    return out


def slope(points):
    """Median of the slopes between all pairs of (x, y), which a few outliers do not move; 0 for fewer than two points."""
    slopes = [(y2 - y1) / (x2 - x1) for i, (x1, y1) in enumerate(points) for x2, y2 in points[i + 1:] if x2 != x1]
    return median(slopes) if slopes else 0.0


def growth_verdict(points, settle, allowed):
    """Whether memory grows: `points` are (minute, MiB), those before `settle` do not count. Growth is the trend over the rest of
    the time; up to `allowed` MiB of it is what measuring cannot tell from none."""
    kept = [p for p in points if p[0] >= settle]
    if len(kept) < 3:
        return {"verdict": "too short", "minutes": len(kept)}
    rise = slope(kept) * (kept[-1][0] - kept[0][0])
    return {"verdict": "grows" if rise > allowed else "steady", "rise_mib": round(rise, 2), "allowed_mib": allowed,
            "first_mib": round(kept[0][1], 1), "last_mib": round(kept[-1][1], 1), "max_mib": round(max(y for _, y in kept), 1)}


def drift_verdict(points, settle, allowed=0.05):
    """Whether speed drifts: `points` are (minute, tok/s). Noise is half the distance between the tenth and the ninetieth percentile;
    a trend below it, or below the part `allowed` of the median, is none."""
    kept = [p for p in points if p[0] >= settle]
    if len(kept) < 3:
        return {"verdict": "too short", "minutes": len(kept)}
    speeds = [y for _, y in kept]
    middle = median(speeds)
    change = slope(kept) * (kept[-1][0] - kept[0][0])
    noise = (percentile(speeds, 0.9) - percentile(speeds, 0.1)) / 2
    limit = max(noise, allowed * middle)
    verdict = "steady" if abs(change) <= limit else "slower" if change < 0 else "faster"
    return {"verdict": verdict, "change": round(change, 2), "limit": round(limit, 2), "median": round(middle, 2)}
