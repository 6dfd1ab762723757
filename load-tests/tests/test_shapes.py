import unittest

from loadtests.compare import Rounds, table
from loadtests.shapes import STANDARD, Shape, parse


class Shapes(unittest.TestCase):
    def test_names_read_back(self):
        for name in STANDARD.split(","):
            self.assertEqual(parse(name).name, name)

    def test_wrong_names_are_refused(self):
        for wrong in ("", "decode", "decode:2@3", "prefill:0", "rows:8", "batch@256"):
            with self.assertRaises(ValueError, msg=wrong):
                parse(wrong)

    def test_values_have_the_unit_of_the_shape(self):
        self.assertEqual(Shape("rows", 4, 0).value(0.01), 10)
        self.assertEqual(Shape("batch", 32, 256).value(0.1), 320)
        self.assertEqual(Shape("prefill", 512, 0).value(0.5), 1024)

    def test_ratios_are_taken_within_a_round(self):
        one, four = parse("rows:1@0"), parse("rows:4@0")
        rounds = Rounds([one, four])
        for speed in (1, 2, 4):                     # the machine drifts by a factor of four
            rounds.ours[one].append(0.005 * speed)
            rounds.peer[one].append(0.010 * speed)
            rounds.ours[four].append(0.006 * speed)
            rounds.peer[four].append(0.030 * speed)
        first, second = rounds.rows()
        self.assertEqual((first["ratio"], second["ratio"]), (2, 5))
        self.assertEqual((second["ours_factor"], second["peer_factor"]), (1.2, 3))
        self.assertEqual((second["ratio_p10"], second["ratio_p90"]), (5, 5))
        self.assertIn("rows:4@0", table(rounds.rows()))

    def test_a_round_that_was_cut_short_does_not_count(self):
        shape = parse("decode@0")
        rounds = Rounds([shape, parse("decode@8")])
        rounds.ours[shape].append(0.1)
        rounds.peer[shape].append(0.2)
        self.assertEqual(rounds.complete(), 0)
        self.assertEqual([r["shape"] for r in rounds.rows()], ["decode@0"])


if __name__ == "__main__":
    unittest.main()
