// Inside: PHP values as JSON lines between a program and its tests, which are two processes. Only plain values travel,
// as copies; what a program defines never gets to the tests' side.
final class GraftworkWire
{
    private const LARGEST_MESSAGE = 1 << 24;
    private const DEEPEST = 500;
    private static array $channels = [];

    /** An array keeps the order and the kind of its keys: a list travels as a list, any other as pairs. */
    public static function encode(mixed $value): mixed
    {
        if (is_array($value)) {
            $items = array_map([self::class, 'encode'], $value);
            $pair = fn($key, $item) => [self::encode($key), $item];
            return array_is_list($items) ? $items : ['pairs' => array_map($pair, array_keys($items), $items)];
        }
        if (is_float($value) && !is_finite($value)) return ['float' => (string) $value];
        if (is_string($value) && !preg_match('//u', $value)) return ['bytes' => base64_encode($value)];
        if ($value === null || is_scalar($value)) return $value;
        throw new TypeError('no way to hand over a ' . get_debug_type($value));
    }

    public static function decode(mixed $data): mixed
    {
        if (!is_array($data)) return $data;
        if (array_is_list($data)) return array_map([self::class, 'decode'], $data);
        $content = reset($data);
        switch (key($data)) {
            case 'float': return ['NAN' => NAN, 'INF' => INF, '-INF' => -INF][$content];
            case 'bytes': return base64_decode($content);
            case 'pairs':
                $made = [];
                foreach ($content as [$key, $item]) $made[self::decode($key)] = self::decode($item);
                return $made;
        }
        throw new TypeError('no value is called ' . key($data));
    }

    public static function send(int $channel, mixed $message): bool
    {
        $flags = JSON_THROW_ON_ERROR | JSON_PRESERVE_ZERO_FRACTION | JSON_UNESCAPED_SLASHES;
        $text = json_encode($message, $flags, self::DEEPEST) . "\n";
        $file = self::channel($channel, 'w');
        for ($done = 0; $done < strlen($text); $done += $count) {
            $count = @fwrite($file, substr($text, $done, 1 << 16));
            if (!$count) return false;
        }
        return true;
    }

    /** The next message, null once the other side has ended. */
    public static function receive(int $channel): ?array
    {
        $line = fgets(self::channel($channel, 'r'), self::LARGEST_MESSAGE);
        if ($line === false) return null;
        if (!str_ends_with($line, "\n")) throw new LengthException('a value is too large to be handed over');
        return (array) json_decode($line, true, self::DEEPEST, JSON_THROW_ON_ERROR);
    }

    private static function channel(int $number, string $mode): mixed
    {
        return self::$channels[$number] ??= fopen("php://fd/$number", $mode);
    }

    public static function job(): array
    {
        return json_decode(stream_get_contents(fopen('php://fd/0', 'r')), true)['job'];
    }

    public static function run(string $code): void
    {
        eval(preg_replace('/\A\s*<\?php\b/', '', $code));
    }

    public static function reasonOf(Throwable $error): array
    {
        $text = substr($error->getMessage(), 0, 500);
        return [get_class($error), preg_match('//u', $text) ? $text : base64_encode($text)];
    }
}
