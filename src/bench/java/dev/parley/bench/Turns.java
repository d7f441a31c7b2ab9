package dev.parley.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** Contenders that take turns (A B A B …), so that a machine that is slower for a while is so for all. */
final class Turns {

    /** The runs of one contender. */
    record Runs(List<Figures> figures) {

        Sample sample(ToDoubleFunction<Figures> figure) {
            return new Sample(figures.stream().mapToDouble(figure).toArray());
        }
    }

    /** One figure of several runs. */
    record Sample(double... runs) {

        double median() {
            double[] sorted = sorted();
            int middle = sorted.length / 2;
            return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        }

        double least() {
            return sorted()[0];
        }

        double most() {
            return sorted()[runs.length - 1];
        }

        private double[] sorted() {
            double[] sorted = runs.clone();
            Arrays.sort(sorted);
            return sorted;
        }
    }

    private final Map<String, Supplier<Figures>> contenders = new LinkedHashMap<>();

    Turns add(String name, Supplier<Figures> run) {
        contenders.put(name, run);
        return this;
    }

    Map<String, Runs> take(int rounds) {
        Map<String, Runs> runs = new LinkedHashMap<>();
        contenders.keySet().forEach(name -> runs.put(name, new Runs(new ArrayList<>())));
        for (int round = 0; round < rounds; round++) {
            contenders.forEach((name, run) -> runs.get(name).figures().add(run.get()));
        }
        return runs;
    }
}
