# Inside: run tests beside nothing but plain values; what they call of the program runs in the program's process. The
# assertions are those of test-unit that published tests use, by its documentation, so that no gem is needed.
class ProgramError < StandardError; end

module Judge
  NAME = /\b[a-z_]\w*[?!]?/
  CASES = []

  def self.ask(function, given)
    begin
      Wire.send_line(4, { "function" => function, "arguments" => given })
      reply = Wire.receive(3)
    rescue Errno::EPIPE
      reply = nil
    end
    raise ProgramError, "the program ended before its tests did" if reply.nil?
    raise error_of(*reply["raised"]) if reply["raised"]
    reply
  end

  # The error to raise here for one over there.
  def self.error_of(kind, text)
    known = kind.match?(/\A[A-Z]\w*\z/) && Object.const_defined?(kind) ? Object.const_get(kind) : nil
    standard = known.is_a?(Class) && known <= StandardError && known != KeyError
    standard ? known.new(text) : ProgramError.new("#{kind}: #{text}")
  end

  # Names in the tests that are neither built in nor their own, where nobody says which they use.
  def self.names_in(code)
    own = code.scan(/\bdef\s+(\w+[?!]?)/).flatten
    code.scan(NAME).uniq.reject { |name| own.include?(name) || Object.private_method_defined?(name) || Object.method_defined?(name) }
  end

  def self.define(name)
    return unless ask(name, nil)["defined"] == true
    Object.define_method(name) { |*given| Wire.decode(Judge.ask(name, given.map { |value| Wire.encode(value) })["value"]) }
    Object.send(:private, name)
  end

  # Every test must have run to its end and held; where there is no class of tests, reaching the end is enough.
  def self.run(setup, code, names)
    (names || names_in(code)).each { |name| define(name) }
    TOPLEVEL_BINDING.eval(setup, "setup")
    TOPLEVEL_BINDING.eval(code, "tests")
    CASES.each do |kind|
      tests = kind.public_instance_methods(true).grep(/\Atest/)
      raise "no tests" if tests.empty?
      tests.each { |name| kind.new.run_test(name) }
    end
  end
end

module Test
  module Unit
    class AssertionFailedError < StandardError; end

    class TestCase
      def self.inherited(kind)
        super
        Judge::CASES << kind
      end

      def setup; end

      def teardown; end

      def run_test(name)
        setup
        public_send(name)
        teardown
      end

      def assert(value, message = "expected true")
        raise AssertionFailedError, message.to_s unless value
      end

      def assert_equal(expected, actual, message = nil)
        assert(expected == actual, message || "expected #{expected.inspect}, got #{actual.inspect}")
      end

      def assert_not_equal(expected, actual, message = nil)
        assert(expected != actual, message || "expected anything but #{expected.inspect}")
      end

      def assert_in_delta(expected, actual, delta = 0.001, message = nil)
        assert((expected - actual).abs <= delta, message || "expected #{expected} within #{delta}, got #{actual}")
      end

      def assert_raise(*kinds)
        yield
      rescue *kinds => error
        error
      else
        raise AssertionFailedError, "expected #{kinds.join(" or ")}"
      end

      def assert_true(value, message = nil) = assert_equal(true, value, message)
      def assert_false(value, message = nil) = assert_equal(false, value, message)
      def assert_nil(value, message = nil) = assert_equal(nil, value, message)
      def assert_not_nil(value, message = nil) = assert(!value.nil?, message || "expected anything but nil")
    end
  end
end
$LOADED_FEATURES << "test/unit.rb"

begin
  Judge.run(*Wire::JOB.values_at("setup", "test", "names"))
  Wire.send_line(5, { "passed" => true, "reason" => "" })
rescue Exception => error
  Wire.send_line(5, { "passed" => false, "reason" => Wire.reason_of(error).join(": ") })
end
exit!(0)
