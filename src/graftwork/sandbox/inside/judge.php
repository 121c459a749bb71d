// Inside: run tests beside nothing but plain values; what they call of the program runs in the program's process.
final class ProgramError extends Exception {}

final class GraftworkJudge
{
    private const NAME = '/\A[A-Za-z_]\w*\z/';

    private static function ask(string $function, ?array $given): array
    {
        $sent = GraftworkWire::send(4, ['function' => $function, 'arguments' => $given]);
        $reply = $sent ? GraftworkWire::receive(3) : null;
        if ($reply === null) throw new ProgramError('the program ended before its tests did');
        if (isset($reply['raised'])) throw self::errorOf(...$reply['raised']);
        return $reply;
    }

    public static function call(string $function, array $given): mixed
    {
        $encoded = array_map([GraftworkWire::class, 'encode'], array_values($given));
        return GraftworkWire::decode(self::ask($function, $encoded)['value']);
    }

    /** The error to raise here for one over there. */
    private static function errorOf(string $kind, string $text): Throwable
    {
        $known = class_exists($kind, false) && is_subclass_of($kind, Throwable::class);
        $plain = $known && (new ReflectionClass($kind))->isInternal() && (new ReflectionClass($kind))->isInstantiable();
        return $plain ? new $kind($text) : new ProgramError("$kind: $text");
    }

    /** Functions that the tests call and do not define, where nobody says which they use. */
    private static function namesIn(string $code): array
    {
        preg_match_all('/\bfunction\s+(\w+)/', $code, $own);
        preg_match_all('/(?<![$>:\w\\\\])([A-Za-z_]\w*)\s*\(/', $code, $called);
        $wanted = array_diff(array_unique($called[1]), $own[1]);
        return array_filter($wanted, fn($name) => !function_exists($name));
    }

    /** Only a run to the end of the tests is a pass. */
    public static function judge(array $job): array
    {
        try {
            foreach ($job['names'] ?? self::namesIn($job['test']) as $name) {
                if (!preg_match(self::NAME, $name) || self::ask($name, null) !== ['defined' => true]) continue;
                eval("function $name(...\$given) { return GraftworkJudge::call('$name', \$given); }");
            }
            GraftworkWire::run($job['setup']);
            GraftworkWire::run($job['test']);
            return ['passed' => true, 'reason' => ''];
        } catch (Throwable $error) {
            return ['passed' => false, 'reason' => implode(': ', GraftworkWire::reasonOf($error))];
        }
    }
}

GraftworkWire::send(5, GraftworkJudge::judge(GraftworkWire::job()));
