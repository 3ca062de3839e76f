#include "tautrack/certify/certificate.hpp"
namespace tautrack {
struct Certifier::State {};
bool Certifier::available() noexcept { return false; }
Certifier::Certifier(const Problem&, const PerceptronOptions&, const CertifyOptions&) {}
Certifier::~Certifier() = default;
Certificate Certifier::certify(const Vector&) { return {}; }
}  // namespace tautrack
