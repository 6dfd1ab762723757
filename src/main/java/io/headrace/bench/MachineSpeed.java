package io.headrace.bench;

/**
 * What the machine could do at a moment, all threads together.
 *
 * @param bandwidthGBs memory read, 10^9 bytes a second
 * @param peakTops int8 multiply-adds in registers, 10^12 operations a second, two per multiply-add
 */
public record MachineSpeed(double bandwidthGBs, double peakTops) {
  /** The mean of this and another moment. */
  MachineSpeed mean(MachineSpeed other) {
    return new MachineSpeed((bandwidthGBs + other.bandwidthGBs) / 2, (peakTops + other.peakTops) / 2);
  }
}
