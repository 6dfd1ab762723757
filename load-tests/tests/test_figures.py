import unittest

from loadtests.figures import drift_verdict, growth_verdict, percentile, slope, summary


class Figures(unittest.TestCase):
    def test_percentiles_interpolate(self):
        self.assertEqual(percentile([4, 1, 3, 2, 5], 0.5), 3)
        self.assertAlmostEqual(percentile([1, 2, 3, 4, 5], 0.9), 4.6)
        self.assertIsNone(percentile([], 0.5))
        self.assertEqual(summary([1.0, 3.0], (50,)), {"count": 2, "mean": 2.0, "p50": 2.0, "max": 3.0})

    def test_an_outlier_does_not_move_the_slope(self):
        line = [(x, 2.0 * x) for x in range(10)]
        line[4] = (4, 500.0)
        self.assertAlmostEqual(slope(line), 2.0)
        self.assertEqual(slope([(1, 1)]), 0)

    def test_memory_that_rises_after_settling_grows(self):
        rising = [(m, 500 + 2 * m) for m in range(1, 31)]
        self.assertEqual(growth_verdict(rising, 5, 8)["verdict"], "grows")

    def test_memory_that_fills_up_and_stays_is_steady(self):
        filling = [(m, min(600, 400 + 50 * m) + (m % 3)) for m in range(1, 31)]
        self.assertEqual(growth_verdict(filling, 5, 8)["verdict"], "steady")

    def test_noise_is_no_drift_but_a_trend_is(self):
        noise = [(m, 150 + (-1) ** m * 20) for m in range(1, 31)]
        self.assertEqual(drift_verdict(noise, 5)["verdict"], "steady")
        falling = [(m, 150 - 2 * m) for m in range(1, 31)]
        self.assertEqual(drift_verdict(falling, 5)["verdict"], "slower")

    def test_two_points_are_no_verdict(self):
        self.assertEqual(growth_verdict([(6, 1), (7, 2)], 5, 8)["verdict"], "too short")
        self.assertEqual(drift_verdict([(6, 1), (7, 2)], 5)["verdict"], "too short")


if __name__ == "__main__":
    unittest.main()
