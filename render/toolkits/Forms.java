import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;

/** How programs of Java answer forms, which are lines up to an empty one. */
final class Forms {
    /** Draws a form into the file of a path; gives one line of JSON. */
    interface Drawing {
        String answer(List<String[]> lines, String path) throws Exception;
    }

    /**
     * Starts a toolkit and draws on its thread until the input ends. What cannot be drawn ends the
     * program with one line: the toolkit's threads would live on, and nobody answer.
     */
    static void answer(String path, Runnable start, Executor thread, Drawing drawing) {
        try {
            start.run();
            BufferedReader in = new BufferedReader(
                new InputStreamReader(System.in, StandardCharsets.UTF_8));
            List<String[]> lines = new ArrayList<>();
            for (String line; (line = in.readLine()) != null; ) {
                if (!line.isEmpty()) {
                    lines.add(line.split("\t", -1));
                    continue;
                }
                final List<String[]> form = lines;
                FutureTask<String> task = new FutureTask<>(() -> drawing.answer(form, path));
                thread.execute(task);
                System.out.println(task.get());
                System.out.flush();
                lines = new ArrayList<>();
            }
            System.exit(0);
        } catch (Throwable error) {
            Throwable cause = error instanceof ExecutionException ? error.getCause() : error;
            System.err.println(cause.toString().replaceAll("\\s+", " "));
            System.exit(1);
        }
    }
}
