package domain

// RuleError says which rule a value breaks and what would keep it. It never holds the value.
type RuleError struct {
	Rule    string // as problem.Fault spells it, e.g. minLength
	Message string // for the caller, without a subject: "must have at least 3 characters"
}

// Error names the rule and what would keep it.
func (e *RuleError) Error() string { return "access: " + e.Rule + ": " + e.Message }

func broken(rule, message string) error { return &RuleError{Rule: rule, Message: message} }
