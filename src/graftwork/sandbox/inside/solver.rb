# Inside: load a program and do with it what is asked for, over a channel or for a list of inputs.
module Solver
  MAIN = TOPLEVEL_BINDING.receiver

  # The value if JSON can say it.
  def self.plain(value)
    case value
    when nil, true, false, Integer, String then value
    when Float then value.finite? ? value : raise(TypeError, "JSON has no #{value}")
    when Array then value.map { |item| plain(item) }
    when Hash
      raise TypeError, "JSON has no #{value.class} with such keys" unless value.keys.all?(String)
      value.transform_values { |item| plain(item) }
    else raise TypeError, "JSON has no #{value.class}"
    end
  end

  def self.run_cases(function, cases)
    results = []
    begin
      TOPLEVEL_BINDING.eval(Wire::JOB["program"], "program")
      cases.each { |given| results << { "value" => plain(MAIN.__send__(function, *given)) } }
    rescue Exception => error
      results << { "raised" => Wire.reason_of(error) }
    end
    results
  end

  def self.answer(function, given)
    return { "defined" => MAIN.respond_to?(function, true) } if given.nil?
    { "value" => Wire.encode(MAIN.__send__(function, *Wire.decode(given))) }
  rescue Exception => error
    { "raised" => Wire.reason_of(error) }
  end

  def self.serve
    failure = nil
    begin
      TOPLEVEL_BINDING.eval(Wire::JOB["program"], "program")
    rescue Exception => error
      failure = { "raised" => Wire.reason_of(error) }
    end
    while (ask = Wire.receive(3))
      Wire.send_line(4, failure || answer(ask["function"], ask["arguments"]))
    end
  end
end

if Wire::JOB["cases"]
  Wire.send_line(5, Solver.run_cases(Wire::JOB["function"], Wire::JOB["cases"]))
else
  Solver.serve
end
exit!(0)
