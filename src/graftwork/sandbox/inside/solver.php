// Inside: load a program and do with it what is asked for, over a channel or for a list of inputs.
final class GraftworkSolver
{
    /** The value if JSON can say it. */
    private static function plain(mixed $value): mixed
    {
        if (is_array($value)) return array_map([self::class, 'plain'], $value);
        if ($value === null || is_scalar($value) && !(is_float($value) && !is_finite($value))) return $value;
        throw new TypeError('JSON has no ' . (is_float($value) ? $value : get_debug_type($value)));
    }

    public static function cases(string $program, string $function, array $cases): array
    {
        $results = [];
        try {
            GraftworkWire::run($program);
            foreach ($cases as $given) $results[] = ['value' => self::plain($function(...$given))];
        } catch (Throwable $error) {
            $results[] = ['raised' => GraftworkWire::reasonOf($error)];
        }
        return $results;
    }

    private static function answer(array $ask): array
    {
        try {
            if ($ask['arguments'] === null) return ['defined' => function_exists($ask['function'])];
            $given = array_map([GraftworkWire::class, 'decode'], $ask['arguments']);
            return ['value' => GraftworkWire::encode($ask['function'](...$given))];
        } catch (Throwable $error) {
            return ['raised' => GraftworkWire::reasonOf($error)];
        }
    }

    public static function serve(string $program): void
    {
        $failure = null;
        try {
            GraftworkWire::run($program);
        } catch (Throwable $error) {
            $failure = ['raised' => GraftworkWire::reasonOf($error)];
        }
        while (($ask = GraftworkWire::receive(3)) !== null) GraftworkWire::send(4, $failure ?? self::answer($ask));
    }
}

(function () {
    $job = GraftworkWire::job();
    if (!isset($job['cases'])) GraftworkSolver::serve($job['program']);
    else GraftworkWire::send(5, GraftworkSolver::cases($job['program'], $job['function'], $job['cases']));
})();
