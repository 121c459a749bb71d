// Inside: Java values as JSON lines between a program and its tests, which are two processes. Types come from the
// method's declaration on both sides; under Object, numbers are Integer, Long or Double by how they are written.
import java.io.*;
import java.lang.reflect.*;
import java.nio.charset.StandardCharsets;
import java.util.*;

final class Wire {
    private static final int LARGEST_MESSAGE = 1 << 24;
    private final String text;
    private int at = 0;

    private Wire(String text) { this.text = text; }

    // ---- writing

    static String written(Object value) {
        StringBuilder out = new StringBuilder();
        write(out, value);
        return out.toString();
    }

    private static void write(StringBuilder out, Object value) {
        if (value == null || value instanceof Boolean || value instanceof Integer || value instanceof Short || value instanceof Byte) out.append(value);
        else if (value instanceof Long) tagged(out, "long", () -> out.append(value));
        else if (value instanceof Float) tagged(out, "float", () -> out.append(value));
        else if (value instanceof Double) out.append(value);
        else if (value instanceof Character) tagged(out, "char", () -> quote(out, value.toString()));
        else if (value instanceof java.math.BigInteger) tagged(out, "integer", () -> quote(out, value.toString()));
        else if (value instanceof String s) quote(out, s);
        else if (value instanceof Optional<?> o) tagged(out, "optional", () -> items(out, o.isPresent() ? List.of(o.get()) : List.of()));
        else if (value instanceof Set<?> s) tagged(out, "set", () -> items(out, s));
        else if (value instanceof Collection<?> c) items(out, c);
        else if (value instanceof Map<?, ?> m) map(out, m);
        else if (value.getClass().isArray()) {
            List<Object> list = new ArrayList<>();
            for (int i = 0; i < Array.getLength(value); i++) list.add(Array.get(value, i));
            items(out, list);
        } else throw new IllegalArgumentException("no way to hand over a " + value.getClass().getName());
    }

    private static boolean plain = false;  // for cases, whose expected values are plain JSON

    private static void tagged(StringBuilder out, String tag, Runnable inner) {
        if (plain) {
            inner.run();
            return;
        }
        out.append("{\"$").append(tag).append("\":");
        inner.run();
        out.append('}');
    }

    private static void items(StringBuilder out, Iterable<?> items) {
        String between = "[";
        for (Object item : items) {
            out.append(between);
            write(out, item);
            between = ",";
        }
        out.append(between.equals("[") ? "[]" : "]");
    }

    private static void map(StringBuilder out, Map<?, ?> map) {
        if (map.keySet().stream().allMatch(key -> key instanceof String s && !s.startsWith("$"))) {
            String between = "{";
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                out.append(between);
                quote(out, (String) entry.getKey());
                out.append(':');
                write(out, entry.getValue());
                between = ",";
            }
            out.append(between.equals("{") ? "{}" : "}");
            return;
        }
        List<Object> pairs = new ArrayList<>();
        for (Map.Entry<?, ?> entry : map.entrySet()) pairs.add(Arrays.asList(entry.getKey(), entry.getValue()));
        tagged(out, "map", () -> items(out, pairs));
    }

    private static void quote(StringBuilder out, String text) {
        out.append('"');
        for (char one : text.toCharArray()) {
            if (one == '"' || one == '\\') out.append('\\').append(one);
            else if (one < 0x20 || one > 0x7e) out.append(String.format("\\u%04x", (int) one));
            else out.append(one);
        }
        out.append('"');
    }

    // ---- reading

    static Object read(String text, Type type) {
        Wire wire = new Wire(text);
        return fitted(wire.value(), type);
    }

    private char peek() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) at++;
        if (at >= text.length()) throw new IllegalArgumentException("a value that is cut off");
        return text.charAt(at);
    }

    private boolean take(char one) {
        if (peek() != one) return false;
        at++;
        return true;
    }

    private void expect(char one) {
        if (!take(one)) throw new IllegalArgumentException("a value that cannot be read");
    }

    private Object value() {
        return switch (peek()) {
            case '"' -> string();
            case '[' -> list();
            case '{' -> object();
            default -> word();
        };
    }

    private Object word() {
        int start = at;
        while (at < text.length() && ",]} ".indexOf(text.charAt(at)) < 0) at++;
        String word = text.substring(start, at);
        switch (word) {
            case "null": return null;
            case "true": return true;
            case "false": return false;
        }
        if (!word.matches("-?\\d+")) return Double.valueOf(word);
        try {
            return Integer.valueOf(word);
        } catch (NumberFormatException error) {
            return Long.valueOf(word);
        }
    }

    private String string() {
        StringBuilder out = new StringBuilder();
        expect('"');
        while (text.charAt(at) != '"') {
            char one = text.charAt(at++);
            if (one != '\\') {
                out.append(one);
                continue;
            }
            char kind = text.charAt(at++);
            switch (kind) {
                case 'n' -> out.append('\n');
                case 't' -> out.append('\t');
                case 'r' -> out.append('\r');
                case 'b' -> out.append('\b');
                case 'f' -> out.append('\f');
                case 'u' -> { out.append((char) Integer.parseInt(text.substring(at, at + 4), 16)); at += 4; }
                default -> out.append(kind);
            }
        }
        at++;
        return out.toString().intern();  // tests compare texts to literals by identity, which holds in one machine
    }

    private List<Object> list() {
        List<Object> items = new ArrayList<>();
        expect('[');
        if (take(']')) return items;
        do items.add(value()); while (take(','));
        expect(']');
        return items;
    }

    private Object object() {
        Map<Object, Object> map = new LinkedHashMap<>();
        expect('{');
        if (take('}')) return map;
        do {
            String key = string();
            expect(':');
            map.put(key, value());
            peek();
        } while (take(','));
        expect('}');
        String tag = map.size() == 1 ? (String) map.keySet().iterator().next() : "";
        return tag.startsWith("$") ? untagged(tag, map.get(tag)) : map;
    }

    private static Object untagged(String tag, Object inner) {
        switch (tag) {
            case "$long": return ((Number) inner).longValue();
            case "$float": return ((Number) inner).floatValue();
            case "$char": return ((String) inner).charAt(0);
            case "$integer": return new java.math.BigInteger((String) inner);
            case "$optional": return ((List<?>) inner).stream().findFirst();
            case "$set": return new LinkedHashSet<>((List<?>) inner);
            case "$map":
                Map<Object, Object> map = new LinkedHashMap<>();
                for (Object pair : (List<?>) inner) map.put(((List<?>) pair).get(0), ((List<?>) pair).get(1));
                return map;
            default: throw new IllegalArgumentException("a value that cannot be read");
        }
    }

    // The value as a type wants it: an int for a long, a list for an array.
    private static Object fitted(Object value, Type type) {
        if (value == null) return null;
        if (type instanceof ParameterizedType p) {
            Type[] inner = p.getActualTypeArguments();
            Class<?> raw = (Class<?>) p.getRawType();
            if (value instanceof List<?> list && raw.isAssignableFrom(ArrayList.class)) {
                List<Object> made = new ArrayList<>();
                for (Object item : list) made.add(fitted(item, inner[0]));
                return made;
            }
            if (value instanceof Map<?, ?> map && raw.isAssignableFrom(HashMap.class)) {
                Map<Object, Object> made = new HashMap<>();
                map.forEach((key, item) -> made.put(fitted(key, inner[0]), fitted(item, inner[1])));
                return made;
            }
            if (value instanceof Map<?, ?> map && raw.isAssignableFrom(TreeMap.class)) return new TreeMap<>(map);
            return value;
        }
        if (!(type instanceof Class<?> kind)) return value;
        if (kind.isArray() && value instanceof List<?> list) {
            Object made = Array.newInstance(kind.getComponentType(), list.size());
            for (int i = 0; i < list.size(); i++) Array.set(made, i, fitted(list.get(i), kind.getComponentType()));
            return made;
        }
        if (value instanceof Number n) {
            if (kind == long.class || kind == Long.class) return n.longValue();
            if (kind == double.class || kind == Double.class) return n.doubleValue();
            if (kind == float.class || kind == Float.class) return n.floatValue();
        }
        if ((kind == char.class || kind == Character.class) && value instanceof String s && s.length() == 1) return s.charAt(0);
        return value;
    }

    // ---- channels

    private static final Map<Integer, InputStream> INPUTS = new HashMap<>();

    private static String receive(int number) throws IOException {
        InputStream input = INPUTS.computeIfAbsent(number, n -> new BufferedInputStream(new FileInputStream(descriptor(n))));
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int one = input.read(); one != '\n'; one = input.read()) {
            if (one < 0 || line.size() > LARGEST_MESSAGE) return null;
            line.write(one);
        }
        return line.toString(StandardCharsets.UTF_8);
    }

    private static FileDescriptor descriptor(int number) {
        FileDescriptor made = new FileDescriptor();
        jdk.internal.access.SharedSecrets.getJavaIOFileDescriptorAccess().set(made, number);
        return made;
    }

    private static final Map<Integer, OutputStream> OUTPUTS = new HashMap<>();

    static void send(int number, String text) throws IOException {
        OutputStream output = OUTPUTS.computeIfAbsent(number, n -> new FileOutputStream(descriptor(n)));
        output.write((text + "\n").getBytes(StandardCharsets.UTF_8));
    }

    // ---- the program's side

    private static String answer(Method method, Object self, String line) {
        try {
            List<Object> data = new Wire(line).list();
            Type[] types = method.getGenericParameterTypes();
            Object[] given = new Object[types.length];
            for (int i = 0; i < types.length; i++) given[i] = fitted(data.get(i), types[i]);
            return "{\"value\":" + written(method.invoke(self, given)) + "}";
        } catch (Throwable error) {
            Throwable cause = error instanceof InvocationTargetException && error.getCause() != null ? error.getCause() : error;
            return "{\"raised\":" + written(List.of(String.valueOf(cause))) + "}";
        }
    }

    private static Method method(Class<?> type, String name) {
        for (Method method : type.getDeclaredMethods()) {
            if (method.getName().equals(name) && !method.isSynthetic()) {
                method.setAccessible(true);
                return method;
            }
        }
        throw new IllegalArgumentException("no method " + name);
    }

    private static Object self(Class<?> type, Method method) throws ReflectiveOperationException {
        if (Modifier.isStatic(method.getModifiers())) return null;
        Constructor<?> constructor = type.getDeclaredConstructor();
        constructor.setAccessible(true);
        return constructor.newInstance();
    }

    static void serve(Class<?> type, String name) throws Exception {
        Method method = method(type, name);
        for (String line = receive(3); line != null; line = receive(3)) send(4, answer(method, self(type, method), line));
        Runtime.getRuntime().halt(0);
    }

    static void cases(Class<?> type, String name, String... lines) throws Exception {
        Method method = method(type, name);
        plain = true;
        List<String> replies = new ArrayList<>();
        for (String line : lines) replies.add(answer(method, self(type, method), line));
        send(5, "[" + String.join(",", replies) + "]");
        Runtime.getRuntime().halt(0);
    }

    // ---- the tests' side

    @SuppressWarnings("unchecked")
    static <T> T ask(Class<?> type, String name, Object... given) {
        String line = null;
        try {
            send(4, written(Arrays.asList(given)));
            line = receive(3);
        } catch (IOException error) {
            // the other end is closed, as below
        }
        if (line == null) throw new IllegalStateException("the program ended before its tests did");
        Object reply = new Wire(line).value();
        if (!(reply instanceof Map<?, ?> map)) throw new IllegalStateException("a reply that cannot be read");
        if (map.containsKey("raised")) throw new IllegalStateException(String.valueOf(map.get("raised")));
        return (T) fitted(map.get("value"), method(type, name).getGenericReturnType());
    }

    interface Tests { void run() throws Throwable; }

    static void judge(Tests tests) throws IOException {
        String said = "{\"passed\":true}";
        try {
            tests.run();
        } catch (Throwable error) {
            said = "{\"passed\":false,\"reason\":" + written(String.valueOf(error)) + "}";
        }
        send(5, said);
        Runtime.getRuntime().halt(0);
    }
}
