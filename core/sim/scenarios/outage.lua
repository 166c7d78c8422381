-- The rush hour, while the contact centre itself fails, in another way each time.
return {
  doc = "rush hour, and the centre fails for two minutes in every five",
  faults = {
    "status=503:at=3m:lasts=2m:retry-after=5",
    "reset:at=8m:lasts=2m",
    "slow=8s:at=13m:lasts=2m",
    "html:at=18m:lasts=2m",
    "api=0100002:at=23m:lasts=2m:share=0.5",
  },
}
